variable "alarm_actions" {
  description = "ARNs told when an alarm changes state, usually one SNS topic. Empty: the alarms exist and tell nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = "When the API's alarms ring, over `period_seconds`: more than `server_errors` answers of 5xx, or a P99 latency above `latency_ms`."
  type = object({
    server_errors  = optional(number, 0)
    latency_ms     = optional(number, 2000)
    period_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.latency_ms > 0 && var.alarms.latency_ms <= 30000
    error_message = "alarms.latency_ms is ${var.alarms.latency_ms}; give milliseconds above 0 and up to 30000, where an integration is cut off."
  }

  validation {
    condition     = var.alarms.period_seconds >= 60 && var.alarms.period_seconds % 60 == 0
    error_message = "alarms.period_seconds is ${var.alarms.period_seconds}; give a multiple of 60, such as 300."
  }
}

variable "alarms_enabled" {
  description = "Whether the alarms are made. False: you watch the API by other means."
  type        = bool
  default     = true
  nullable    = false
}

variable "authorizers" {
  description = <<-EOT
    Who is let in by a JSON Web Token, by a key of the caller's that routes name: tokens of `issuer`, made for one of
    `audience` (an app client's id), found at `identity_source`. What the token says is handed on to the function.
  EOT
  type = map(object({
    issuer          = string
    audience        = list(string)
    identity_source = optional(string, "$request.header.Authorization")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for authorizer in values(var.authorizers) : can(regex("^https://[^\\s?#]+[^\\s?#/]$", authorizer.issuer))])
    error_message = "An issuer is the https:// address that tokens have as iss, without a slash at its end; these are not: ${join(", ", [for authorizer in values(var.authorizers) : "\"${authorizer.issuer}\"" if !can(regex("^https://[^\\s?#]+[^\\s?#/]$", authorizer.issuer))])}."
  }

  validation {
    condition     = !contains(keys(var.authorizers), "AWS_IAM")
    error_message = "authorizers has the key AWS_IAM, by which a route asks for AWS's signature: give it another."
  }

  validation {
    condition     = alltrue([for authorizer in values(var.authorizers) : length(authorizer.audience) > 0])
    error_message = "An authorizer without an audience takes every token of its issuer, whatever it was made for; give these one: ${join(", ", [for key, authorizer in var.authorizers : key if length(authorizer.audience) == 0])}."
  }
}

variable "cors" {
  description = <<-EOT
    Origins whose pages may call the API from a browser, methods they may use (null: those of the routes, and all where `ANY` or `$default` is one), request headers
    they may send, whether with credentials, and for how long a browser keeps the answer. No origins: no CORS headers.
  EOT
  type = object({
    allow_origins     = optional(list(string), [])
    allow_methods     = optional(list(string))
    allow_headers     = optional(list(string), [])
    expose_headers    = optional(list(string), [])
    allow_credentials = optional(bool, false)
    max_age_seconds   = optional(number, 600)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for origin in var.cors.allow_origins : can(regex("^(\\*|https?://(\\*|[a-zA-Z0-9.-]+(:[0-9]+)?))$", origin))])
    error_message = "An origin is a scheme and a host without a path, such as https://shop.example.com, or all: *, https://* or http://*; these are not: ${join(", ", [for origin in var.cors.allow_origins : origin if !can(regex("^(\\*|https?://(\\*|[a-zA-Z0-9.-]+(:[0-9]+)?))$", origin))])}."
  }

  validation {
    condition     = length(setsubtract(coalesce(var.cors.allow_methods, ["GET"]), ["*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])) == 0
    error_message = "cors.allow_methods are HTTP methods in capitals, or \"*\"; these are not: ${join(", ", setsubtract(coalesce(var.cors.allow_methods, ["GET"]), ["*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]))}."
  }

  validation {
    condition     = !(var.cors.allow_credentials && anytrue([for origin in var.cors.allow_origins : endswith(origin, "*")]))
    error_message = "cors allows credentials to every origin (*): any page could act for a signed-in user. Name the origins, or leave allow_credentials off."
  }

  validation {
    condition     = !(var.cors.allow_credentials && contains(concat(var.cors.allow_headers, coalesce(var.cors.allow_methods, [])), "*"))
    error_message = "With cors.allow_credentials, browsers take * for a name and refuse the preflight: name the methods and headers."
  }

  validation {
    condition     = length(var.cors.allow_origins) == 0 || length(local.missing_preflight_routes) == 0
    error_message = "A browser's preflight has no token, and these routes would ask it for one: ${join(", ", [for key in local.guarded : "\"${key}\"" if key == "$default" || startswith(key, "ANY ")])}. Add to routes, without an authorizer: ${join(", ", [for key in local.missing_preflight_routes : "\"${key}\""])}."
  }

  validation {
    condition     = length(var.cors.allow_origins) == 0 || length(local.guarded_preflight_routes) == 0
    error_message = "A browser's preflight has no token, and these routes would ask it for one: ${join(", ", [for key in local.guarded_preflight_routes : "\"${key}\""])}. Take their authorizer off."
  }

  # * does not stand for Authorization: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
  validation {
    condition = length(var.cors.allow_origins) == 0 || alltrue([
      for header in local.token_headers :
      contains([for allowed in var.cors.allow_headers : lower(allowed)], header) || (contains(var.cors.allow_headers, "*") && header != "authorization")
    ])
    error_message = "Pages could not send the token that routes ask for: add ${join(", ", local.token_headers)} to cors.allow_headers."
  }

  validation {
    condition     = var.cors.max_age_seconds >= 0 && var.cors.max_age_seconds <= 86400
    error_message = "cors.max_age_seconds is ${var.cors.max_age_seconds}; give 0 to 86400."
  }
}

variable "description" {
  description = "One sentence shown in the console; empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.description) <= 1024
    error_message = "description has ${length(var.description)} characters; give at most 1,024."
  }
}

variable "domain" {
  description = <<-EOT
    A domain of the API's own: its `name`, and the ARN of an ACM certificate for it in the API's region. It is to point to the
    output `domain_target`. The default endpoint is closed then; `keep_default_endpoint` leaves it open, and the output
    `api_endpoint` with it, until the domain points here. Null: API Gateway's own name.
  EOT
  type = object({
    name                  = string
    certificate_arn       = string
    keep_default_endpoint = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.domain == null ? true : length(var.domain.name) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$", var.domain.name))
    error_message = "domain.name is \"${try(var.domain.name, "")}\"; give one name such as api.example.com, in lower case, without https:// and without *."
  }

  validation {
    condition     = var.domain == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.domain.certificate_arn))
    error_message = "\"${try(var.domain.certificate_arn, "")}\" is no certificate of ACM: give arn:aws:acm:<region>:<account>:certificate/<id>, from the API's region."
  }
}

variable "function_authorizers" {
  description = <<-EOT
    Functions that decide who is let in, by a key of the caller's that routes name: each is called through its alias, with
    payload format 2.0, and answers `{"isAuthorized": true, "context": {…}}`. A request without one of `identity_sources`
    is refused unasked. `cache_seconds` (0 to 3600; 0: not at all) keeps an answer for the same identity sources, for every
    route of the authorizer: name `$context.routeKey` among them where routes differ.
  EOT
  type = map(object({
    function_name    = string
    alias_name       = string
    alias_invoke_arn = string
    identity_sources = optional(list(string), ["$request.header.Authorization"])
    cache_seconds    = optional(number, 0)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.function_authorizers) : key != "AWS_IAM" && length(setintersection([key, "function-${key}"], keys(var.authorizers))) == 0])
    error_message = "A route names its authorizer by a key, and these keys of function_authorizers are taken: ${join(", ", [for key in keys(var.function_authorizers) : key if key == "AWS_IAM" || length(setintersection([key, "function-${key}"], keys(var.authorizers))) > 0])}. Give them others than those of authorizers, with or without function-, and not AWS_IAM, which is AWS's signature."
  }

  validation {
    condition     = alltrue([for authorizer in values(var.function_authorizers) : alltrue([for source in authorizer.identity_sources : can(regex("^\\$(request\\.(header|querystring)\\.[^\\s.]+|context\\.[a-zA-Z.]+|stageVariables\\.[a-zA-Z0-9_]+)$", source))])])
    error_message = "Identity sources are such as $request.header.Authorization, $request.querystring.key or $context.routeKey; these are not: ${join(", ", flatten([for key, authorizer in var.function_authorizers : [for source in authorizer.identity_sources : "\"${source}\" of ${key}" if !can(regex("^\\$(request\\.(header|querystring)\\.[^\\s.]+|context\\.[a-zA-Z.]+|stageVariables\\.[a-zA-Z0-9_]+)$", source))]]))}."
  }

  validation {
    condition     = alltrue([for authorizer in values(var.function_authorizers) : authorizer.cache_seconds >= 0 && authorizer.cache_seconds <= 3600 && floor(authorizer.cache_seconds) == authorizer.cache_seconds])
    error_message = "cache_seconds is a whole number from 0 to 3600; not so: ${join(", ", [for key, authorizer in var.function_authorizers : "${authorizer.cache_seconds} of ${key}" if !(authorizer.cache_seconds >= 0 && authorizer.cache_seconds <= 3600 && floor(authorizer.cache_seconds) == authorizer.cache_seconds)])}."
  }

  validation {
    condition     = alltrue([for authorizer in values(var.function_authorizers) : authorizer.cache_seconds == 0 || length(authorizer.identity_sources) > 0])
    error_message = "Answers are kept by their identity sources, and these authorizers have none: ${join(", ", [for key, authorizer in var.function_authorizers : key if authorizer.cache_seconds > 0 && length(authorizer.identity_sources) == 0])}. Name some, or set cache_seconds = 0."
  }
}

variable "functions" {
  description = "The functions behind the API, by a key of the caller's: the alias each is called through. Outputs of the function module."
  type = map(object({
    function_name    = string
    alias_name       = string
    alias_invoke_arn = string
  }))
  nullable = false

  validation {
    condition     = length(var.functions) > 0
    error_message = "functions is empty: an API needs a function to answer."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the access log. Its policy must let CloudWatch Logs use it."
  type        = string
  nullable    = false
}

variable "log" {
  description = <<-EOT
    Days for which the access log is kept, and the class of its log group. The log has routes, statuses, latencies and ids
    of requests, and nothing about who asked. `INFREQUENT_ACCESS` costs half as much to write and is read with Logs
    Insights only; `STANDARD` also has metric filters, subscriptions, Live Tail and `FilterLogEvents`. Another class is
    another log group: the lines in the old one are deleted.
  EOT
  type = object({
    retention_days = optional(number, 365)
    class          = optional(string, "INFREQUENT_ACCESS")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log.retention_days)
    error_message = "log.retention_days is ${var.log.retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or up to 3653 in its own steps."
  }

  validation {
    condition     = contains(["INFREQUENT_ACCESS", "STANDARD"], var.log.class)
    error_message = "log.class is \"${var.log.class}\"; give INFREQUENT_ACCESS or STANDARD."
  }
}

variable "name" {
  description = "Name of the API, whole: nothing is put before or behind it. Its alarms and its log group go by it, so no two APIs of a region may share one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 1 to 128 letters, digits, - or _."
  }
}

variable "routes" {
  description = <<-EOT
    What the API answers, by route key such as `GET /scores`, `GET /orders/{id}` or `$default`: the key in `functions` of
    the function that answers, who is let in (null: everybody; a key in `authorizers` or `function_authorizers`; `AWS_IAM`:
    who signs the request and may `execute-api:Invoke`), the `scopes` of which a token needs one, and, where it differs from
    `throttle`, the route's own.
  EOT
  type = map(object({
    function   = string
    authorizer = optional(string)
    scopes     = optional(set(string), [])
    throttle = optional(object({
      burst           = number
      rate_per_second = number
    }))
  }))
  nullable = false

  validation {
    condition     = length(var.routes) > 0
    error_message = "routes is empty: an API needs at least one."
  }

  validation {
    condition     = alltrue([for key in keys(var.routes) : can(regex("^(\\$default|(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /[^\\s]*)$", key))])
    error_message = "A route key is a method and a path, such as \"GET /scores\", or \"$default\"; these are not: ${join(", ", [for key in keys(var.routes) : "\"${key}\"" if !can(regex("^(\\$default|(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /[^\\s]*)$", key))])}."
  }

  validation {
    condition     = alltrue([for route in values(var.routes) : contains(keys(var.functions), route.function)])
    error_message = "These routes name a function that is not in functions (${join(", ", keys(var.functions))}): ${join(", ", [for key, route in var.routes : "\"${key}\" (${route.function})" if !contains(keys(var.functions), route.function)])}."
  }

  validation {
    condition     = alltrue([for route in values(var.routes) : route.throttle == null ? true : route.throttle.burst >= 1 && route.throttle.rate_per_second > 0])
    error_message = "A throttle needs a burst of at least 1 and a rate above 0; these routes would answer nothing: ${join(", ", [for key, route in var.routes : "\"${key}\"" if route.throttle == null ? false : route.throttle.burst < 1 || route.throttle.rate_per_second <= 0])}."
  }

  validation {
    condition     = alltrue([for route in values(var.routes) : route.authorizer == null ? true : contains(concat(["AWS_IAM"], keys(var.authorizers), keys(var.function_authorizers)), route.authorizer)])
    error_message = "These routes name an authorizer that there is not (there are ${join(", ", concat(["AWS_IAM"], keys(var.authorizers), keys(var.function_authorizers)))}): ${join(", ", [for key, route in var.routes : "\"${key}\" (${route.authorizer})" if route.authorizer == null ? false : !contains(concat(["AWS_IAM"], keys(var.authorizers), keys(var.function_authorizers)), route.authorizer)])}."
  }

  validation {
    condition     = alltrue([for route in values(var.routes) : length(route.scopes) == 0 || try(contains(keys(var.authorizers), route.authorizer), false)])
    error_message = "Scopes are a token's, and these routes ask for none: ${join(", ", [for key, route in var.routes : "\"${key}\"" if length(route.scopes) > 0 && !try(contains(keys(var.authorizers), route.authorizer), false)])}. Give them one of authorizers."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/api-server-errors.md`. Empty: descriptions name none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = !endswith(var.runbooks_url, "/")
    error_message = "runbooks_url is \"${var.runbooks_url}\"; give it without a slash at its end."
  }

  validation {
    condition     = length(var.runbooks_url) <= 256
    error_message = "runbooks_url has ${length(var.runbooks_url)} characters; give at most 256. An alarm's description, which ends with it, has at most 1,024."
  }
}

variable "tags" {
  description = "Tags for every resource of the module, beside the provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}

variable "throttle" {
  description = "Requests that each route takes at once (`burst`) and a second (`rate_per_second`), all callers together; what is beyond gets 429."
  type = object({
    burst           = optional(number, 100)
    rate_per_second = optional(number, 50)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.burst >= 1 && var.throttle.rate_per_second > 0
    error_message = "throttle is ${var.throttle.burst} at once and ${var.throttle.rate_per_second} a second; give a burst of at least 1 and a rate above 0."
  }
}
