--
-- PostgreSQL database dump
--

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email character varying DEFAULT ''::character varying NOT NULL,
    encrypted_password character varying,
    confirmed_at timestamp(6) without time zone,
    name character varying
);

COPY public.users (id, email, encrypted_password, confirmed_at, name) FROM stdin;
0c1e4d1e-8a1e-4c9a-9a5e-0f3b6f5e7a11	pep@example.com	$2a$10$Fzi0Q/PkSRqMPdASiDagweFU9zgGJ1aJeyR/ZARC/edpLGm550gn2	2023-07-09 10:11:12.131415	Pep\tper
\.

--
-- PostgreSQL database dump complete
--
