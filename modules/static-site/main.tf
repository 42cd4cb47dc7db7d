locals {
  backends = {
    for name, backend in var.backends : name => {
      # Scheme, host, port and path; the last two may be missing.
      parts    = regex("^(https?)://([^/:]+)(?::([0-9]+))?(/.*)?$", backend.url)
      cached   = backend.cached_paths
      uncached = backend.uncached_paths
    }
  }

  cached_paths   = merge([for name, backend in local.backends : { for path in backend.cached : path => name }]...)
  uncached_paths = merge([for name, backend in local.backends : { for path in backend.uncached : path => name }]...)

  # AWS's own policies have the same id in every account.
  managed_policies = {
    caching_disabled                    = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    all_viewer_headers_except_host_name = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
  }
}

module "files" {
  source = "../bucket"

  name           = var.bucket_name
  kms_key_arn    = var.kms_key_arn
  force_destroy  = var.force_destroy
  lifecycle_days = { expire_noncurrent = var.keep_replaced_files_days }
  tags           = var.tags

  readers = {
    distribution = { service = "cloudfront", source_arn = aws_cloudfront_distribution.this.arn }
  }
}

# What CloudFront keeps by name is the account's, in all regions: it goes by the bucket, whose name nothing else in AWS has.
resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.bucket_name
  description                       = "Signs the requests of ${var.name} to its bucket."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"

  # What the distribution gives up goes after it is changed: CloudFront deletes nothing that one still names.
  lifecycle {
    create_before_destroy = true
  }
}

# As each file's Cache-Control says; one without it is asked for each time.
resource "aws_cloudfront_cache_policy" "files" {
  name        = "${var.bucket_name}-files"
  comment     = "As Cache-Control says, up to a year."
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# CloudFront takes no policy of ours that keeps nothing: compression and query strings are "invalid for policy with caching
# disabled".
resource "aws_cloudfront_cache_policy" "backends" {
  count = length(local.cached_paths) > 0 && var.backends_max_age_seconds > 0 ? 1 : 0

  name        = "${var.bucket_name}-backends"
  comment     = "As Cache-Control says, up to ${var.backends_max_age_seconds} s."
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = var.backends_max_age_seconds

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "all"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:A web application firewall costs more than the site; web_acl_arn takes one
  #checkov:skip=CKV2_AWS_47:As CKV_AWS_68, whose rules these would be
  #checkov:skip=CKV_AWS_86:Access logs would hold visitors' addresses and need a bucket with access control lists
  #checkov:skip=CKV_AWS_310:The files have one bucket; a second one in another region is the caller's decision
  #checkov:skip=CKV_AWS_374:The site is for everybody
  #checkov:skip=CKV_AWS_174:CloudFront's own name takes no minimum version; a domain of the caller's gets TLS 1.2
  #checkov:skip=CKV2_AWS_42:CloudFront's own certificate serves its own name; a domain of the caller's brings one
  comment             = var.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  default_root_object = "index.html"
  aliases             = var.domain == null ? [] : var.domain.names
  web_acl_id          = var.web_acl_arn
  wait_for_deployment = var.wait_for_deployment
  tags                = var.tags

  origin {
    origin_id                = "files"
    domain_name              = module.files.regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  dynamic "origin" {
    for_each = var.pictures[*]

    content {
      origin_id                = "pictures"
      domain_name              = origin.value.bucket_domain_name
      origin_access_control_id = aws_cloudfront_origin_access_control.this.id
    }
  }

  dynamic "origin" {
    for_each = local.backends

    content {
      origin_id   = "backend-${origin.key}"
      domain_name = origin.value.parts[1]
      origin_path = origin.value.parts[3] == null ? "" : trimsuffix(origin.value.parts[3], "/")

      custom_origin_config {
        http_port              = origin.value.parts[0] == "http" && origin.value.parts[2] != null ? origin.value.parts[2] : 80
        https_port             = origin.value.parts[0] == "https" && origin.value.parts[2] != null ? origin.value.parts[2] : 443
        origin_protocol_policy = "${origin.value.parts[0]}-only"
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = "files"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.files.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.uncached_paths

    content {
      path_pattern               = ordered_cache_behavior.key
      target_origin_id           = "backend-${ordered_cache_behavior.value}"
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = local.managed_policies.caching_disabled
      origin_request_policy_id   = local.managed_policies.all_viewer_headers_except_host_name
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.cached_paths

    content {
      path_pattern               = ordered_cache_behavior.key
      target_origin_id           = "backend-${ordered_cache_behavior.value}"
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["GET", "HEAD"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = var.backends_max_age_seconds > 0 ? one(aws_cloudfront_cache_policy.backends[*].id) : local.managed_policies.caching_disabled
      origin_request_policy_id   = var.backends_max_age_seconds > 0 ? null : local.managed_policies.all_viewer_headers_except_host_name
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.pictures[*]

    content {
      path_pattern               = ordered_cache_behavior.value.path
      target_origin_id           = "pictures"
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["GET", "HEAD"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = false
      cache_policy_id            = one(aws_cloudfront_cache_policy.pictures[*].id)
      response_headers_policy_id = one(aws_cloudfront_response_headers_policy.pictures[*].id)
    }
  }

  # What CloudFront would otherwise keep for ten seconds, whatever the answer says of itself.
  dynamic "custom_error_response" {
    for_each = [404, 414, 500, 501, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = var.domain == null ? null : var.domain.certificate_arn
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }
}
