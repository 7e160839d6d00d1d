--- Microsoft Graph: the users of Azure AD B2C, Entra External ID or Entra ID. What is not selected
--- is not shown.

local http = require "source.http"

local GRAPH <const>, LOGIN <const> = "graph.microsoft.com", "login.microsoftonline.com"
local SELECT <const> = "id,displayName,givenName,surname,identities,mail,otherMails,mobilePhone,"
  .. "accountEnabled,createdDateTime,creationType,userType,jobTitle,department,companyName,"
  .. "streetAddress,city,state,postalCode,country,preferredLanguage,userPrincipalName"

return {
  params = {
    tenant = { help = "for input=api: acme.onmicrosoft.com, or the id of the tenant" },
    client_id = { help = "of an application with User.Read.All, for input=api" },
    client_secret = { help = "the same", kind = "secret" },
    attributes = { help = "custom attributes for input=api, as in extension_0f1e…_tier,…" },
    domain = { help = "host in place of " .. GRAPH .. " and " .. LOGIN },
  },
  needs = { net = { GRAPH, LOGIN, "{domain}" } },
  records = function(params)
    if not (params.tenant and params.client_id and params.client_secret) then
      error("input=api needs the parameters tenant, client_id and client_secret", 0)
    end
    local more = params.attributes and "," .. params.attributes or ""
    return http.records {
      url = http.address(params.domain or GRAPH) .. "/v1.0/users",
      query = { ["$top"] = 999, ["$select"] = SELECT .. more },
      token = {
        url = string.format("%s/%s/oauth2/v2.0/token", http.address(params.domain or LOGIN),
          params.tenant),
        form = {
          client_id = params.client_id, client_secret = params.client_secret,
          scope = "https://" .. GRAPH .. "/.default",
        },
      },
      items = "/value", next = { url = "/@odata.nextLink" }, id = "/id", optional = true,
    }
  end,
}
