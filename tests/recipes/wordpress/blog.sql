-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: blog
-- ------------------------------------------------------
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `shop_usermeta`;
CREATE TABLE `shop_usermeta` (
  `umeta_id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `user_id` bigint unsigned NOT NULL DEFAULT '0',
  `meta_key` varchar(255) DEFAULT NULL,
  `meta_value` longtext,
  PRIMARY KEY (`umeta_id`),
  KEY `user_id` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `shop_usermeta` WRITE;
INSERT INTO `shop_usermeta` VALUES (1,1,'first_name','Ada'),(2,1,'last_name','Min'),(3,1,'nickname','ada'),(4,1,'shop_capabilities','a:1:{s:13:\"administrator\";b:1;}'),(5,1,'_two_factor_totp_key','JBSWY3DPEHPK3PXP'),(6,1,'_two_factor_enabled_providers','a:1:{i:0;s:15:\"Two_Factor_Totp\";}'),(7,2,'shop_capabilities','a:2:{s:10:\"subscriber\";b:1;s:8:\"customer\";b:1;}'),(8,2,'billing_phone','0171 555 1202'),(9,2,'locale','de_DE'),(10,2,'first_name',''),(11,2,'description',NULL),(12,3,'_two_factor_totp_key','JBSWY3DPEHPK3PXP'),(13,3,'_two_factor_enabled_providers','a:0:{}'),(14,5,'googleauthenticator_secret','JBSWY3DPEHPK3PXP');
UNLOCK TABLES;
DROP TABLE IF EXISTS `shop_users`;
CREATE TABLE `shop_users` (
  `ID` bigint unsigned NOT NULL AUTO_INCREMENT,
  `user_login` varchar(60) NOT NULL DEFAULT '',
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `user_nicename` varchar(50) NOT NULL DEFAULT '',
  `user_email` varchar(100) NOT NULL DEFAULT '',
  `user_url` varchar(100) NOT NULL DEFAULT '',
  `user_registered` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `user_activation_key` varchar(255) NOT NULL DEFAULT '',
  `user_status` int NOT NULL DEFAULT '0',
  `display_name` varchar(250) NOT NULL DEFAULT '',
  PRIMARY KEY (`ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `shop_users` WRITE;
INSERT INTO `shop_users` VALUES (1,'Ada','$P$B6dYL7MpYCzspcBpLINecD/5QYsek41','ada','ada@example.com','https://ada.example','2015-01-02 03:04:05','','0','Ada &amp; Co'),(2,'ann lee','$2y$10$Pfy5i6Hj04RJi9dKsHuQLeV4imZiGQA6SlgdaNNnxKnpXIDA8O52q','ann-lee','Ann.Lee@Example.org','','2020-01-01 00:00:00','','0','Ann \"Lee\"'),(3,'o\'hara','$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0MTIzNA$7L2NdXTdEw1aGrG5nK/LAih0NS2lSEUXbmxyOPrDaAM','ohara','ohara@example.com','','0000-00-00 00:00:00','','0','O&#039;Hara\nJr.'),(4,'old','3AB6471E48B4CB5B13B1B25B95BE03F8','old','old@example.com','','2005-02-17 12:00:00','','0','Old (1); \\o/'),(5,'new','$wp$2y$10$956RztEntRRjTDZNoo35xuo.2m2dxv37XbuutPXwuvAXzRChSzXbO','new','new@example.com','','2025-06-01 00:00:00','1750000000:$generic$abc','0','Нова'),(6,'guest','','guest','','','2021-01-01 00:00:00','','0','guest'),(7,'ada@example.com','*','ada2',' ADA@example.com ','','2021-01-01 00:00:00','','0','Ada again');
UNLOCK TABLES;

-- Dump completed on 2026-01-02  3:04:05
