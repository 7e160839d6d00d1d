--
-- PostgreSQL database dump
--

CREATE TABLE public.logs (
    id integer
);

CREATE TABLE public.app_user (
    id bigint NOT NULL,
    email text,
    name text,
    verified boolean,
    algo text,
    salt bytea,
    hash bytea,
    plan text
);

COPY public.logs (id) FROM stdin;
1
\.

COPY public.app_user (id, email, name, verified, algo, salt, hash, plan) FROM stdin;
9007199254740993	One@example.com	Line\nTwo\tTab \\ back	t	pbkdf2-sha256:2000	\\x20dc736d3b2b7f8b34cbdaa8007d9d0a	\\x7106c712a76c4c1fc08fc670c534a64926d01a247a117de6db69b0ad408de0e2	pro
2	two@example.org	\N	f	bcrypt	\N	\\x24326224303624784f4633714532717359473544797358437a6d2e574f6335414b305054506f6e4d334e32536d4d457a6150444b5132546655755053	\N
3	three@example.com		t	sha512	\\x049d6784d8adb44acaff	\\x890b1882794bd1c1bff19c0f3972b9b397d301ef122cf2376ec2f12ca7afb483956ea6b696ffcfc7e096f43e678dfea35eb9c59b7c70a32470826d315a5007de	free
4	\N	None	f	\N	\N	\N	\N
\.

--
-- PostgreSQL database dump complete
--
