--- Auth0's documented limits of bulk imports, read in November 2026, and our own limits.

local limits = {}

-- Auth0 docs, "Bulk Import User Data": 500 KB per file. The 413 response of the Management API
-- states 512 000 bytes per request; the smaller number leaves room for the form around the file.
limits.FILE_BYTES = 500000 -- bytes; also the maximum of --chunk-bytes
limits.REQUEST_BYTES = 512000 -- bytes of the whole request body
limits.CHUNK_BYTES = 400000 -- bytes; the default: the docs recommend files below 400 KB

-- Auth0 docs, "Bulk Import User Data": two concurrent import jobs per tenant.
limits.JOBS = 2
limits.SLOTS = 20 -- the maximum of --slots, for tenants with a raised limit

-- Same page: a job that runs longer has failed; its data is deleted later.
limits.JOB_SECONDS = 2 * 60 * 60
limits.JOB_MARGIN_SECONDS = 5 * 60 -- ours: clocks differ, and polling notices the end of a job late
limits.JOB_KEPT_SECONDS = 24 * 60 * 60

-- Auth0 docs, "Metadata Field Names and Data Types", and the deprecations page: a profile above
-- 10 KB is stored, with an entry in the tenant's log, until 4 March 2027; from then on it is
-- rejected. Which members count is not documented, so the warning starts earlier.
limits.PROFILE_BYTES = 10 * 1000
limits.PROFILE_WARN_BYTES = 8 * 1000
limits.PROFILE_ENFORCED = "4 March 2027"
limits.MFA_FACTORS = 10

-- An Auth0 staff answer (community topic 112785): about 400 000 users an hour with two full jobs on
-- the enterprise tier; production 3 to 4 times less, free 10 times less.
---@type table<string, integer>
limits.USERS_PER_HOUR = { free = 40000, production = 115000, enterprise = 400000 }

-- Auth0 docs, "Rate Limit Configurations": deletions of users, sustained.
---@type table<string, number>
limits.DELETES_PER_SECOND = { free = 2, production = 200 / 60, enterprise = 16 }

return limits
