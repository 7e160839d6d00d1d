--
-- PostgreSQL database dump
--

CREATE TABLE public."user" (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    "emailVerified" boolean NOT NULL,
    image text,
    "createdAt" timestamp without time zone NOT NULL,
    "updatedAt" timestamp without time zone NOT NULL,
    username text,
    "displayUsername" text,
    "phoneNumber" text,
    "phoneNumberVerified" boolean,
    role text,
    banned boolean,
    "banReason" text,
    "banExpires" timestamp without time zone,
    "twoFactorEnabled" boolean,
    plan text
);

CREATE TABLE public.account (
    id text NOT NULL,
    "accountId" text NOT NULL,
    "providerId" text NOT NULL,
    "userId" text NOT NULL,
    "accessToken" text,
    password text
);

CREATE TABLE public."twoFactor" (
    id text NOT NULL,
    secret text NOT NULL,
    "backupCodes" text NOT NULL,
    "userId" text NOT NULL
);

COPY public."user" (id, name, email, "emailVerified", image, "createdAt", "updatedAt", username, "displayUsername", "phoneNumber", "phoneNumberVerified", role, banned, "banReason", "banExpires", "twoFactorEnabled", plan) FROM stdin;
uA1	Ada Byron	ada@example.com	t	https://example.com/a.png	2024-01-02 03:04:05.678	2024-01-02 03:04:05.678	ada	Ada	+4930123456	t	admin,editor	f	\N	\N	t	gold
uB2	Bob	bob@example.com	f	\N	2024-01-02 03:04:05	2024-01-02 03:04:05	\N	\N	030 123457	f	user	t	spam	\N	f	\N
uC3	Cy	cy@example.com	t	\N	2024-01-02 03:04:05	2024-01-02 03:04:05	\N	\N	\N	\N	\N	t	rude	2024-02-01 00:00:00	\N	\N
uD4	Dee	dee@example.com	t	\N	2024-01-02 03:04:05	2024-01-02 03:04:05	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
uE5	Eve	eve	t	\N	2024-01-02 03:04:05	2024-01-02 03:04:05	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
\.

COPY public.account (id, "accountId", "providerId", "userId", "accessToken", password) FROM stdin;
a1	g1	google	uA1	ya29	\N
a2	uA1	credential	uA1	\N	00112233445566778899aabbccddeeff:a3e9fa8a39926636791acb1cf2046690e1ab009e34e9c4652775d1806a96ac5e3410a52d94eb401de72418cceda6f7a803ca0acfcbe451ac2d32c2dfec356a85
a3	uB2	credential	uB2	\N	ffeeddccbbaa99887766554433221100:de0bf0f592f990664838f337cc5e3d30fafe7e7bf434dfa34d9514613e5881e7bc30b2ac0026728582741b7d53d395c978e2497a621bdfdb2d6d766daf27383d
a4	uC3	credential	uC3	\N	$2b$10$abcdefghijklmnopqrstuu/.YreY/Vi7gMOuma8wcAfdoEVXFA2FK
a5	gh4	github	uD4	gho	\N
\.

COPY public."twoFactor" (id, secret, "backupCodes", "userId") FROM stdin;
t1	a1b2c3	d4e5f6	uA1
\.
