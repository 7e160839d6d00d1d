-- MySQL dump 10.13
CREATE TABLE `forum_banlist` (
  `ban_id` varchar(255) DEFAULT NULL,
  `ban_userid` varchar(255) DEFAULT NULL,
  `ban_ip` varchar(255) DEFAULT NULL,
  `ban_email` varchar(255) DEFAULT NULL,
  `ban_start` varchar(255) DEFAULT NULL,
  `ban_end` varchar(255) DEFAULT NULL,
  `ban_exclude` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `forum_banlist` VALUES (1,7,'','',1,0,0),(2,10,'','',1,1500000000,0),(3,2,'','',1,0,1);
CREATE TABLE `forum_users` (
  `user_id` varchar(255) DEFAULT NULL,
  `user_type` varchar(255) DEFAULT NULL,
  `username` varchar(255) DEFAULT NULL,
  `user_email` varchar(255) DEFAULT NULL,
  `user_password` varchar(255) DEFAULT NULL,
  `user_regdate` varchar(255) DEFAULT NULL,
  `user_lang` varchar(255) DEFAULT NULL,
  `user_inactive_reason` varchar(255) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `forum_users` VALUES (1,2,'Anonymous','','',0,'en',0),(2,3,'Admin','Admin@example.com','$2y$10$Zkx6yg0eqItVZBG8BcbvV.abj1CpIMJdjwP49Vdujk2LGj7FGuDqC',1300000000,'en',0),(3,0,'Tom &amp; Jerry','tj@example.com','$H$9aaaaaSXBjgypwqm.JsMssPLiS8YQ00',1300000000,'de',0),(4,2,'Google [Bot]','bot@example.com','',1,'en',0),(5,1,'never','never@example.com','$2y$10$Zkx6yg0eqItVZBG8BcbvV.abj1CpIMJdjwP49Vdujk2LGj7FGuDqC',1300000000,'en',1),(6,1,'off','off@example.com','$2y$10$Zkx6yg0eqItVZBG8BcbvV.abj1CpIMJdjwP49Vdujk2LGj7FGuDqC',1300000000,'en',3),(7,0,'banned','banned@example.com','$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$ZIcF2bpCtt+V2k7zjFgEtSS9Ssh9pWAKkntb9f/NwT8',1300000000,'en',0),(8,0,'mixed','mixed@example.com','$2y\\H$10\\9aaa$abc',1300000000,'en',0),(9,0,'old','old@example.com','020e51c5fe22158a56ee2534d310b2e5',1100000000,'en',0),(10,0,'timed','timed@example.com','$2y$10$Zkx6yg0eqItVZBG8BcbvV.abj1CpIMJdjwP49Vdujk2LGj7FGuDqC',1300000000,'en',0);
-- Dump completed
