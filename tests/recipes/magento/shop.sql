-- MySQL dump 10.13
CREATE TABLE `m2_customer_entity` (
  `entity_id` varchar(255) DEFAULT NULL,
  `website_id` varchar(255) DEFAULT NULL,
  `email` varchar(255) DEFAULT NULL,
  `group_id` varchar(255) DEFAULT NULL,
  `store_id` varchar(255) DEFAULT NULL,
  `created_at` varchar(255) DEFAULT NULL,
  `is_active` varchar(255) DEFAULT NULL,
  `firstname` varchar(255) DEFAULT NULL,
  `lastname` varchar(255) DEFAULT NULL,
  `password_hash` varchar(255) DEFAULT NULL,
  `confirmation` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `m2_customer_entity` VALUES (1,1,'Ann@example.com',1,1,'2020-01-02 03:04:05',1,'Ann','Lee','cc535da073de697373bcdd15c3c0a8158acba37271a95a3dc79a8050acf7226c:vXsbp4yXH8mVzlLq0123456789abcdef:1',NULL),(2,1,'b@example.com',1,1,'2020-01-02 03:04:05',0,'B','','dccd4123c69a8bc1ba6e58b47634b7b0:vXsbp4yXH8mVzlLq0123456789abcdef:0','abc123'),(3,1,'c@example.com',2,1,'2020-01-02 03:04:05',1,'C','','66bf7cd47b4bc4dd429671f19bac99d8bbd731bb76dcc22f2aca0db9d9a4bd0d:vXsbp4yXH8mVzlLq0123456789abcdef:2',NULL),(4,2,'d@example.com',1,2,'2020-01-02 03:04:05',1,'D','','66bf7cd47b4bc4dd429671f19bac99d8bbd731bb76dcc22f2aca0db9d9a4bd0d:vXsbp4yXH8mVzlLq0123456789abcdef:3_32_2_67108864',NULL),(5,2,'e@example.com',1,2,'2020-01-02 03:04:05',1,'E','','2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881:vXsbp4yXH8mVzlLq0123456789abcdef:0:1',NULL),(6,2,'ann@example.com',1,2,'2020-01-02 03:04:05',1,'Ann','Lee','cc535da073de697373bcdd15c3c0a8158acba37271a95a3dc79a8050acf7226c:vXsbp4yXH8mVzlLq0123456789abcdef:1',NULL),(7,1,'f@example.com',1,1,'2020-01-02 03:04:05',1,'F','',NULL,NULL);
-- Dump completed on 2026-01-02
