# What the variables' validations ask of the routes that take a token.
locals {
  # A preflight carries no token. API Gateway answers it by itself unless a route takes OPTIONS, and then asks that route's
  # authorizer: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html. Paths are compared
  # without the names of their parameters.
  plain_keys  = { for key in keys(var.routes) : key => replace(replace(key, "/\\{[^}]+\\+\\}/", "{+}"), "/\\{[^}+]+\\}/", "{}") }
  open_routes = [for key, route in var.routes : local.plain_keys[key] if route.authorizer == null]
  guarded     = [for key, route in var.routes : key if route.authorizer != null]
  guarded_paths = concat(
    [for key in local.guarded : split(" ", key)[1] if startswith(key, "ANY ")],
    contains(local.guarded, "$default") ? ["/", "/{proxy+}"] : [],
  )
  missing_preflight_routes = [
    for path in local.guarded_paths : "OPTIONS ${path}"
    if length(setintersection(local.open_routes, [
      for method in ["ANY", "OPTIONS"] : "${method} ${replace(replace(path, "/\\{[^}]+\\+\\}/", "{+}"), "/\\{[^}+]+\\}/", "{}")}"
    ])) == 0
  ]
  guarded_preflight_routes = [for key in local.guarded : key if startswith(key, "OPTIONS ")]

  # Request headers, in lower case, that a page has to be allowed to send to be let in. What signs a request of temporary
  # credentials: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
  identity_sources = concat(
    flatten([
      for key in local.guarded : [
        try([var.authorizers[var.routes[key].authorizer].identity_source], []),
        try(var.function_authorizers[var.routes[key].authorizer].identity_sources, []),
      ]
    ]),
    contains([for key in local.guarded : var.routes[key].authorizer], "AWS_IAM") ? [
      for header in ["authorization", "x-amz-date", "x-amz-security-token"] : "$request.header.${header}"
    ] : [],
  )
  token_headers = distinct([
    for source in local.identity_sources : lower(trimprefix(source, "$request.header.")) if startswith(source, "$request.header.")
  ])
}
