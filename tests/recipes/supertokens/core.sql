--
-- PostgreSQL database dump
--

COPY public.all_auth_recipe_users (app_id, tenant_id, user_id, primary_or_recipe_user_id, is_linked_or_is_a_primary_user, recipe_id, time_joined) FROM stdin;
public	public	0a1b2c3d-0000-4000-8000-000000000201	0a1b2c3d-0000-4000-8000-000000000201	t	emailpassword	1700000000000
public	public	0a1b2c3d-0000-4000-8000-000000000202	0a1b2c3d-0000-4000-8000-000000000202	f	emailpassword	1700000000001
public	public	0a1b2c3d-0000-4000-8000-000000000205	0a1b2c3d-0000-4000-8000-000000000201	t	passwordless	1700000000002
public	public	0a1b2c3d-0000-4000-8000-000000000206	0a1b2c3d-0000-4000-8000-000000000206	f	passwordless	1700000000003
public	public	0a1b2c3d-0000-4000-8000-000000000207	0a1b2c3d-0000-4000-8000-000000000207	f	thirdparty	1700000000004
\.

COPY public.emailpassword_users (app_id, user_id, email, password_hash, time_joined) FROM stdin;
public	0a1b2c3d-0000-4000-8000-000000000201	ada@example.com	$2a$11$abcdefghijklmnopqrstuuALtI4/kiqOjkSTOK8RY67jiH.aWxYty	1700000000000
public	0a1b2c3d-0000-4000-8000-000000000202	bob@example.com	$2a$10$abcdefghijklmnopqrstuuZl4MHoUwBQaD4EUS9E.XCGgdwoMrBD2	1700000000001
public	0a1b2c3d-0000-4000-8000-000000000203	cy@example.com	$f_scrypt$abc$def$m=14$r=8$s=Bw==	1700000000001
public	0a1b2c3d-0000-4000-8000-000000000204	dee	$2a$10$abcdefghijklmnopqrstuuZl4MHoUwBQaD4EUS9E.XCGgdwoMrBD2	1700000000001
\.

COPY public.passwordless_users (app_id, user_id, email, phone_number, time_joined) FROM stdin;
public	0a1b2c3d-0000-4000-8000-000000000205	ada@example.com	\N	1700000000002
public	0a1b2c3d-0000-4000-8000-000000000206	fay@example.com	+4930123456	1700000000003
public	0a1b2c3d-0000-4000-8000-000000000208	\N	+4930123457	1700000000003
\.

COPY public.thirdparty_users (app_id, third_party_id, third_party_user_id, user_id, email, time_joined) FROM stdin;
public	google	g7	0a1b2c3d-0000-4000-8000-000000000207	gus@example.com	1700000000004
\.

COPY public.emailverification_verified_emails (app_id, user_id, email) FROM stdin;
public	0a1b2c3d-0000-4000-8000-000000000201	ada@example.com
public	0a1b2c3d-0000-4000-8000-000000000202	old-bob@example.com
\.

COPY public.totp_user_devices (app_id, user_id, device_name, secret_key, period, skew, verified) FROM stdin;
public	0a1b2c3d-0000-4000-8000-000000000201	old	GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ	30	1	f
public	0a1b2c3d-0000-4000-8000-000000000201	phone	JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP	30	1	t
public	0a1b2c3d-0000-4000-8000-000000000202	slow	GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ	60	1	t
\.

COPY public.user_metadata (app_id, user_id, user_metadata) FROM stdin;
public	0a1b2c3d-0000-4000-8000-000000000201	{"first_name":"Ada","last_name":"Byron","theme":"dark"}
\.

COPY public.user_roles (app_id, tenant_id, user_id, role) FROM stdin;
public	public	0a1b2c3d-0000-4000-8000-000000000201	admin
public	public	0a1b2c3d-0000-4000-8000-000000000201	editor
\.
