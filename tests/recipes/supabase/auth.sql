--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Data for Name: users; Type: TABLE DATA; Schema: auth; Owner: supabase_auth_admin
--

COPY auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, phone, phone_confirmed_at, banned_until, is_sso_user, deleted_at, is_anonymous) FROM stdin;
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	authenticated	authenticated	mara@example.com	$2a$10$w8Fq2Jt6Zk1Xn4Pv9Rb3YuOoDaA2mBlX6ltFXPs3VLK30hg4G.52e	2024-05-01 08:00:00.5+00	{"provider": "email", "providers": ["email", "github"], "plan": "pro"}	{"name": "Mara \\"M.\\" Lind", "picture": "https://example.com/m.png", "note": "a\\nb\\\\c", "sub": "x"}	2024-05-01 08:00:00.5+00	4930901820	2024-05-01 08:00:00.5+00	\N	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d02	authenticated	authenticated	ivan@example.org	$2a$10$w8Fq2Jt6Zk1Xn4Pv9Rb3Yu7kPW3xU.Ck9jyVkADzoyE67hTgOxV2C	\N	{"provider": "email", "providers": ["email"]}	{}	2024-05-01 08:00:00.5+00	15005550006	\N	2024-05-02 08:00:00+00	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d03	authenticated	authenticated	arno@example.com	$argon2id$v=19$m=65536,t=2,p=1$ABEiM0RVZneImaq7zN3u/w$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI	2024-05-01 08:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	2024-05-01 08:00:00.5+00	\N	\N	2999-01-01 00:00:00+00	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d04	authenticated	authenticated	fire@example.com	$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=c2lnbmVyLWtleS1vZi1hLXByb2plY3Q=$c2FsdHNhbHQ=$a2V5LW9mLWEtdXNlcg==	2024-05-01 08:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	2024-05-01 08:00:00.5+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d05	authenticated	authenticated	magic@example.com		2024-05-01 08:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	2024-05-01 08:00:00.5+00		\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d06	authenticated	authenticated	git@example.com		2024-05-01 08:00:00.5+00	{"provider": "github", "providers": ["github"]}	{}	2024-05-01 08:00:00.5+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d07	authenticated	authenticated	\N	$2a$10$w8Fq2Jt6Zk1Xn4Pv9Rb3YuOoDaA2mBlX6ltFXPs3VLK30hg4G.52e	\N	{"provider": "phone", "providers": ["phone"]}	{}	2024-05-01 08:00:00.5+00	4930901821	2024-05-01 08:00:00.5+00	\N	f	\N	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d08	authenticated	authenticated	\N	\N	\N	{}	{}	2024-05-01 08:00:00.5+00	\N	\N	\N	f	\N	t
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d09	authenticated	authenticated	gone@example.com	$2a$10$w8Fq2Jt6Zk1Xn4Pv9Rb3YuOoDaA2mBlX6ltFXPs3VLK30hg4G.52e	\N	{"provider": "email", "providers": ["email"]}	{}	2024-05-01 08:00:00.5+00	\N	\N	\N	f	2024-05-01 08:00:00.5+00	f
00000000-0000-0000-0000-000000000000	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d10	authenticated	authenticated	sso@example.com	\N	2024-05-01 08:00:00.5+00	{"provider": "sso:3f0d2a51-73f5-4e0c-9d55-0c6a8a2f1d00", "providers": ["sso:3f0d2a51-73f5-4e0c-9d55-0c6a8a2f1d00"]}	{}	2024-05-01 08:00:00.5+00	\N	\N	\N	t	\N	f
\.


COPY auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret, phone, last_challenged_at) FROM stdin;
7c000000-0000-4000-8000-000000000001	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	app	totp	verified	2024-05-01 08:00:00.5+00	2024-05-01 08:00:00.5+00	JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP	\N	\N
7c000000-0000-4000-8000-000000000002	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	\N	phone	verified	2024-05-01 08:00:00.5+00	2024-05-01 08:00:00.5+00	\N	4930901820	\N
7c000000-0000-4000-8000-000000000003	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d02		totp	unverified	2024-05-01 08:00:00.5+00	2024-05-01 08:00:00.5+00	GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ	\N	\N
7c000000-0000-4000-8000-000000000004	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d03	\N	totp	verified	2024-05-01 08:00:00.5+00	2024-05-01 08:00:00.5+00	{"key_id": "k1", "alg": "aes-gcm-hkdf", "data": "AAAA", "nonce": "BBBB"}	\N	\N
7c000000-0000-4000-8000-000000000005	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d05	\N	webauthn	verified	2024-05-01 08:00:00.5+00	2024-05-01 08:00:00.5+00	\N	\N	\N
\.


COPY auth.identities (provider_id, user_id, identity_data, provider, created_at, email, id) FROM stdin;
5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	{"sub": "5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01"}	email	2024-05-01 08:00:00.5+00	\N	8c000000-0000-4000-8000-000000000000
5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01	{"sub": "5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d01"}	github	2024-05-01 08:00:00.5+00	\N	8c000000-0000-4000-8000-000000000000
5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d02	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d02	{"sub": "5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d02"}	email	2024-05-01 08:00:00.5+00	\N	8c000000-0000-4000-8000-000000000001
5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d06	5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d06	{"sub": "5b0d2a51-73f5-4e0c-9d55-0c6a8a2f1d06"}	github	2024-05-01 08:00:00.5+00	\N	8c000000-0000-4000-8000-000000000005
\.


COPY public.users (id, nick) FROM stdin;
1	x
\.


--
-- PostgreSQL database dump complete
--

