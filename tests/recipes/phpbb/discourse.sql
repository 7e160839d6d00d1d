--
-- PostgreSQL database dump
--

COPY public.user_emails (id, user_id, email, "primary") FROM stdin;
1	5	ada@example.com	t
2	5	other@example.com	f
3	6	bob@example.com	t
4	-1	no@example.com	t
\.

COPY public.users (id, username, name, password_hash, salt, password_algorithm, active, trust_level, suspended_till, staged) FROM stdin;
-1	system	system	\N	\N	\N	t	4	\N	f
5	Ada	Ada M	36c0de004f3b5b612dba877e290b783652d0d5dd610fa7d00c6a79ecda40b116	0123abcd0123abcd	$pbkdf2-sha256$i=2000,l=32$	t	2	\N	f
6	bob		50464589459d234a8ff524bf3575550eafda7fb9a73ee7fe1ca73338f39332b5	0123abcd0123abcd	\N	t	1	3018-01-01 00:00:00	f
7	st		\N	\N	\N	f	0	\N	t
\.

--
-- PostgreSQL database dump complete
--
