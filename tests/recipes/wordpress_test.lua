--- The wordpress recipe over a dump of a real MariaDB, with the tables as WordPress creates them.

local tap = require "tests.tap"
local dumps = require "tests.recipes.dumps"
local rig = require "tests.recipes.rig"
local verify = require "tests.recipes.verify"
local test, equal = tap.test, tap.equal

-- wp-admin/includes/schema.php of WordPress 6.6
local TABLES <const> = [[
SET sql_mode = '';
CREATE TABLE wp_users (
  ID bigint(20) unsigned NOT NULL auto_increment,
  user_login varchar(60) NOT NULL default '',
  user_pass varchar(255) NOT NULL default '',
  user_nicename varchar(50) NOT NULL default '',
  user_email varchar(100) NOT NULL default '',
  user_url varchar(100) NOT NULL default '',
  user_registered datetime NOT NULL default '0000-00-00 00:00:00',
  user_activation_key varchar(255) NOT NULL default '',
  user_status int(11) NOT NULL default '0',
  display_name varchar(250) NOT NULL default '',
  PRIMARY KEY (ID), KEY user_login_key (user_login), KEY user_nicename (user_nicename),
  KEY user_email (user_email)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE wp_usermeta (
  umeta_id bigint(20) unsigned NOT NULL auto_increment,
  user_id bigint(20) unsigned NOT NULL default '0',
  meta_key varchar(255) default NULL,
  meta_value longtext,
  PRIMARY KEY (umeta_id), KEY user_id (user_id), KEY meta_key (meta_key(191))
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
INSERT INTO wp_users (ID, user_login, user_pass, user_email, display_name) VALUES
  (1, 'ada', '5f4dcc3b5aa765d61d8327deb882cf99', 'Ada@example.com', 'Ada;), \'"\\ 😀\n'),
  (18446744073709551615, 'bob', '$P$B6dYL7MpYCzspcBpLINecD/5QYsek41', 'bob@example.com', 'Bob');
INSERT INTO wp_usermeta VALUES (1, 1, 'first_name', 'Ada'), (2, 1, 'wp_capabilities',
  'a:1:{s:10:"subscriber";b:1;}'), (3, 1, 'gone', NULL);
]]

for name, options in pairs {
  ["as it is"] = "", ["with a row in each statement"] = "--skip-extended-insert --complete-insert",
  ["with hexadecimal digits"] = "--hex-blob --skip-quote-names", compact = "--compact",
} do
  test("wordpress: a dump of MariaDB is mapped " .. name, function()
    local made = rig.over("wordpress", { ["blog.sql"] = dumps.mariadb(TABLES, options) })
    local ada, bob = made.users[1], made.users[2]
    equal({ made.message, #made.users }, { nil, 2 })
    equal({ ada.user_id, ada.email, ada.name, ada.given_name, ada.app_metadata.roles },
      { "1", "ada@example.com", 'Ada;), \'"\\ 😀', "Ada", { "subscriber" } })
    equal(verify.login(ada, "password"), true)
    equal({ bob.user_id, bob.custom_password_hash, bob.app_metadata },
      { "18446744073709551615", nil, nil })
  end)
end

test("wordpress: one of several sites is chosen", function()
  local other = TABLES:gsub("wp_", "blog_"):gsub("Ada@", "Eva@")
  local dump = dumps.mariadb(other .. TABLES:gsub("wp_", "shop_"))
  local made = rig.over("wordpress", { ["a.sql"] = dump })
  tap.contains(made.message, "several such tables: blog_users, shop_users")
  made = rig.over("wordpress", { ["a.sql"] = dump }, { table = "blog_users" })
  equal({ made.users[1].email, made.users[1].given_name }, { "eva@example.com", "Ada" })
end)
