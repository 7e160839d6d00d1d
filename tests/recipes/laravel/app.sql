-- phpMyAdmin SQL Dump
-- version 5.2.1

SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";

CREATE TABLE `model_has_roles` (
  `role_id` bigint UNSIGNED NOT NULL,
  `model_type` varchar(255) NOT NULL,
  `model_id` bigint UNSIGNED NOT NULL
) ENGINE=InnoDB;

INSERT INTO `model_has_roles` (`role_id`, `model_type`, `model_id`) VALUES
(1, 'App\\Models\\User', 1),
(2, 'App\\Models\\User', 1),
(1, 'App\\Models\\Team', 2);

INSERT INTO `roles` (`id`, `name`, `guard_name`) VALUES
(1, 'admin', 'web'),
(2, 'editor', 'web');

INSERT INTO `users` (`id`, `name`, `email`, `email_verified_at`, `password`, `two_factor_secret`, `two_factor_recovery_codes`, `two_factor_confirmed_at`, `remember_token`, `current_team_id`, `profile_photo_path`, `created_at`, `updated_at`) VALUES
(1, 'Taylor "T" O\'Hara', 'Taylor@Example.com', '2023-07-09 10:11:12', '$2y$10$fy4wiwXLT0FaNQXINmGjXeJNWvOiNOUwDVFquiuYKz298G7H8coR6', NULL, NULL, NULL, 'abc', NULL, 'https://cdn.example/t.png', '2023-07-09 10:11:12', '2023-07-09 10:11:12'),
(2, 'Zoë\nLine', 'zoe@example.org', NULL, '$2y$11$m0eolADaR8z.L6NaID1WveVCEtr5RGkI00jTbAYq0hkw8e/E3MIqa', 'eyJpdiI6IkEiLCJ2YWx1ZSI6IkIiLCJtYWMiOiJDIn0=', 'eyJpdiI6IkEiLCJ2YWx1ZSI6IkIiLCJtYWMiOiJDIn0=', '2023-07-09 10:11:12', NULL, 1, NULL, '2023-07-09 10:11:12', '2023-07-09 10:11:12'),
(3, 'Arg', 'arg@example.com', '0000-00-00 00:00:00', '$argon2id$v=19$m=1024,t=4,p=1$c2FsdHNhbHRzYWx0c2FsdA$JMfUpGvxVdxju5spWoA57FqiB7LHsQS3qhcTFFxgZok', 'eyJpdiI6IkEiLCJ2YWx1ZSI6IkIiLCJtYWMiOiJDIn0=', NULL, NULL, NULL, NULL, NULL, '2023-07-09 10:11:12', '2023-07-09 10:11:12'),
(4, 'Plain', 'plain@example.com', '2023-07-09 10:11:12', '$2y$10$fy4wiwXLT0FaNQXINmGjXeJNWvOiNOUwDVFquiuYKz298G7H8coR6', 'JBSWY3DPEHPK3PXP', NULL, '2023-07-09 10:11:12', NULL, NULL, NULL, '2023-07-09 10:11:12', '2023-07-09 10:11:12'),
(5, 'None', 'none@example.com', '2023-07-09 10:11:12', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2023-07-09 10:11:12', NULL),
(6, 'No mail', '', '2023-07-09 10:11:12', '$2y$10$fy4wiwXLT0FaNQXINmGjXeJNWvOiNOUwDVFquiuYKz298G7H8coR6', NULL, NULL, NULL, NULL, NULL, NULL, '2023-07-09 10:11:12', '2023-07-09 10:11:12');
COMMIT;
