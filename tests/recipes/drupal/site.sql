-- MariaDB dump 10.19
CREATE TABLE `dr_user__roles` (
  `bundle` varchar(255) DEFAULT NULL,
  `deleted` varchar(255) DEFAULT NULL,
  `entity_id` varchar(255) DEFAULT NULL,
  `revision_id` varchar(255) DEFAULT NULL,
  `langcode` varchar(255) DEFAULT NULL,
  `delta` varchar(255) DEFAULT NULL,
  `roles_target_id` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `dr_user__roles` VALUES ('user',0,1,1,'en',0,'administrator'),('user',0,2,2,'en',0,'editor'),('user',0,2,2,'en',1,'content_manager');
CREATE TABLE `dr_users` (
  `uid` varchar(255) DEFAULT NULL,
  `uuid` varchar(255) DEFAULT NULL,
  `langcode` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `dr_users` VALUES (1,'a','en'),(2,'b','en');
CREATE TABLE `dr_users_field_data` (
  `uid` varchar(255) DEFAULT NULL,
  `langcode` varchar(255) DEFAULT NULL,
  `preferred_langcode` varchar(255) DEFAULT NULL,
  `preferred_admin_langcode` varchar(255) DEFAULT NULL,
  `name` varchar(255) DEFAULT NULL,
  `pass` varchar(255) DEFAULT NULL,
  `mail` varchar(255) DEFAULT NULL,
  `timezone` varchar(255) DEFAULT NULL,
  `status` varchar(255) DEFAULT NULL,
  `created` varchar(255) DEFAULT NULL,
  `changed` varchar(255) DEFAULT NULL,
  `access` varchar(255) DEFAULT NULL,
  `login` varchar(255) DEFAULT NULL,
  `init` varchar(255) DEFAULT NULL,
  `default_langcode` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `dr_users_field_data` VALUES (0,'en','en',NULL,'',NULL,NULL,'',0,1300000000,1,0,0,NULL,1),(1,'en','en',NULL,'admin','$S$DuUY7s9uuhA7tqZe0CFEpnyQ2eEd1Pa1pFsUFoK88pSe1KBOWbjy','Admin@Example.com','Europe/Paris',1,1300000000,1,1,1,'admin@example.com',1),(2,'fr','fr',NULL,'Éloïse D','$2y$10$XqDYR0ipc/RjpPNFLhlyqOfSIs2.azbMXB.rK3yXi4f.tFa0U/Vvy','eloise@example.org',NULL,1,1700000000,1,1,1,'x@example.org',1),(2,'en','fr',NULL,'Éloïse D','$2y$10$XqDYR0ipc/RjpPNFLhlyqOfSIs2.azbMXB.rK3yXi4f.tFa0U/Vvy','eloise@example.org',NULL,1,1700000000,1,1,1,'x@example.org',0),(3,'en','en',NULL,'arg@example.com','$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$ZIcF2bpCtt+V2k7zjFgEtSS9Ssh9pWAKkntb9f/NwT8','arg@example.com',NULL,0,1700000000,1,1,0,'',1),(4,'en','en',NULL,'six','b30bf10cbaa40970ea7dccb81b295ce3','six@example.com',NULL,1,1100000000,1,1,0,'',1),(5,'en','en',NULL,'up','U$S$DRzOurufCwK1t3Af5KEDvyN45IHn9rbxCN116EkDr87iejm60655','up@example.com',NULL,1,1200000000,1,1,0,'',1);
-- Dump completed on 2026-01-02
