-- MySQL dump 10.13
CREATE TABLE `customer_entity` (
  `entity_id` varchar(255) DEFAULT NULL,
  `entity_type_id` varchar(255) DEFAULT NULL,
  `website_id` varchar(255) DEFAULT NULL,
  `email` varchar(255) DEFAULT NULL,
  `is_active` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `customer_entity` VALUES (7,1,1,'one@example.com',1),(8,1,1,'plain@example.com',1),(9,1,1,'ent@example.com',1);
CREATE TABLE `customer_entity_varchar` (
  `value_id` varchar(255) DEFAULT NULL,
  `entity_type_id` varchar(255) DEFAULT NULL,
  `attribute_id` varchar(255) DEFAULT NULL,
  `entity_id` varchar(255) DEFAULT NULL,
  `value` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `customer_entity_varchar` VALUES (1,1,5,7,'Una'),(2,1,7,7,'One'),(3,1,12,7,'83168da930db22e33beb7e51b6025c79:qX'),(4,1,12,8,'27aeb310e5bcdd7c73662c24ce21075d'),(5,1,16,8,'c0nf1rm'),(6,1,12,9,'2d2f138c22faddbaa4610fa50e1b26d003252e5e4135747b59bc631cca6b6cde:aB');
CREATE TABLE `eav_attribute` (
  `attribute_id` varchar(255) DEFAULT NULL,
  `entity_type_id` varchar(255) DEFAULT NULL,
  `attribute_code` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `eav_attribute` VALUES (5,1,'firstname'),(7,1,'lastname'),(12,1,'password_hash'),(16,1,'confirmation');
-- Dump completed
