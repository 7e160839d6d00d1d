--
-- PostgreSQL database dump
--

SET standard_conforming_strings = on;

COPY public.identities (id, breached_password_status, connectors_id, email, encryption_scheme, factor, insert_instant, password, password_change_required, salt, status, tenants_id, two_factor_enabled, two_factor_secret, username, users_id, verified) FROM stdin;
1	\N	e3306678-a53a-4964-9040-1c96f36dda72	ida@example.com	salted-pbkdf2-hmac-sha256	24000	1700000000000	CCdXPDeKWc6AtRphZLtsZpv3+DPL8ZhmeiYHRSC3BLE=	f	ABEiM0RVZneImaq7zN3u/w==	0	t	t	AAECAwQFBgcICQoLDA0ODxAREhM=	\N	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d01	t
2	\N	e3306678-a53a-4964-9040-1c96f36dda72	ben@example.com	salted-pbkdf2-hmac-sha512-512	1000	1700000000000	f8rY7xkS7wWQh5UqAKi4a7KO2bn2htluDiB1ba+bmDhQSd/do1HeFgRDw+K5yjydl9amWH5TSmIZByztg1+Xhg==	f	ABEiM0RVZneImaq7zN3u/w==	0	t	f	\N	Ben	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d02	f
3	\N	e3306678-a53a-4964-9040-1c96f36dda72	cyd@example.com	bcrypt	5	1700000000000	JplqLZj./K8JIDjWA2V4XJxt7MC9bNS	f	abcdefghijklmnopqrstuu	0	t	f	\N	\N	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d03	t
4	\N	e3306678-a53a-4964-9040-1c96f36dda72	dov@example.com	salted-hmac-sha256	1	1700000000000	DTNtCnfOPO7fTTNn6nyXEN1Xd81I7Rza8c/Qr9yXU70=	f	ABEiM0RVZneImaq7zN3u/w==	0	t	f	\N	\N	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d04	t
5	\N	e3306678-a53a-4964-9040-1c96f36dda72	eva@example.com	salted-sha256	1	1700000000000	0UkWltXvO67Vlu9mpUOV0YkqzUX8XCx7vv62D53/a4Q=	f	ABEiM0RVZneImaq7zN3u/w==	0	t	f	\N	\N	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d05	t
6	\N	e3306678-a53a-4964-9040-1c96f36dda72	fay@example.com	phpass-md5	13	1700000000000	AAAA	t	abcdefgh	0	t	f	\N	\N	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d06	t
7	\N	e3306678-a53a-4964-9040-1c96f36dda72	\N	bcrypt	5	1700000000000	JplqLZj./K8JIDjWA2V4XJxt7MC9bNS	f	abcdefghijklmnopqrstuu	0	t	f	\N	nomail	9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d07	t
\.


COPY public.users (id, active, birth_date, data, expiry, first_name, full_name, image_url, insert_instant, last_name, mobile_phone, tenants_id) FROM stdin;
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d01	t	\N	{"data":{"plan":"pro"},"preferredLanguages":["de"]}	\N	Ida	\N	\N	1700000000000	Núñez	+4930901820	t
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d02	f	\N	{"data":{},"preferredLanguages":[]}	\N	\N	Ben B.	\N	1700000000000	\N	\N	t
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d03	t	\N	{"data":{},"preferredLanguages":[]}	\N	\N	\N	\N	1700000000000	\N	\N	t
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d04	t	\N	{"data":{},"preferredLanguages":[]}	\N	\N	\N	\N	1700000000000	\N	\N	t
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d05	t	\N	{"data":{},"preferredLanguages":[]}	\N	\N	\N	\N	1700000000000	\N	\N	t
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d06	t	\N	{"data":{},"preferredLanguages":[]}	\N	\N	\N	\N	1700000000000	\N	\N	t
9a3f1c02-64d1-4c0e-9d55-0c6a8a2f1d07	t	\N	{"data":{},"preferredLanguages":[]}	\N	\N	\N	\N	1700000000000	\N	\N	t
\.


--
-- PostgreSQL database dump complete
--

