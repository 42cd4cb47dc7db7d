locals {
  # Where browsers reach Cognito.
  cognito_origin = coalesce(var.local_cognito_url, "https://cognito-idp.${var.region}.${data.aws_partition.current.dns_suffix}")

  # An emulator's API has a name that not every resolver knows; it answers by path too.
  api_origin = replace(
    module.api.api_endpoint,
    "/^http://([a-z0-9]+)\\.execute-api\\.localhost(:[0-9]+)?$/",
    "http://localhost$2/_aws/execute-api/$1/$$default",
  )

  # The API's paths as CloudFront writes them, each with whether all its routes may be kept: none that changes something, and
  # none that needs a signed-in user, whose answer is nobody else's.
  api_paths = {
    for key, route in local.routes :
    replace(split(" ", key)[1], "/\\{[^}]+\\}/", "*") => contains(["ANY", "GET"], split(" ", key)[0]) && !can(route.authorizer)... if key != "$default"
  }
}

# The page, and the API under the page's own name: no CORS, every refusal can be read, and readers share an answer.
module "site" {
  source = "../../modules/static-site"

  name            = "${local.name_prefix}-site"
  bucket_name     = "${local.name_prefix}-site-${data.aws_caller_identity.current.account_id}"
  kms_key_arn     = module.key.arn
  allowed_sources = { connect = distinct([local.cognito_origin, local.uploads_origin]), image = ["blob:"] }
  pictures        = { bucket_domain_name = module.pictures.regional_domain_name, path = "/pictures/*" }
  price_class     = var.site.price_class
  domain          = var.site.domain
  web_acl_arn     = var.site.web_acl_arn
  force_destroy   = var.site.force_destroy

  # An emulator's distribution is there at once.
  wait_for_deployment = var.local_cognito_url == ""

  backends = {
    api = {
      url            = local.api_origin
      cached_paths   = [for path, kept in local.api_paths : path if alltrue(kept)]
      uncached_paths = [for path, kept in local.api_paths : path if !alltrue(kept)]
    }
  }
}
