locals {
  # Nothing inline and nothing from elsewhere, but for what is named.
  content_security_policy = join("; ", concat(
    ["default-src 'none'"],
    [
      for each in [
        { directive = "script-src", sources = var.allowed_sources.script },
        { directive = "style-src", sources = var.allowed_sources.style },
        { directive = "img-src", sources = var.allowed_sources.image },
        { directive = "connect-src", sources = var.allowed_sources.connect },
      ] : join(" ", concat([each.directive, "'self'"], each.sources))
    ],
    length(var.allowed_sources.font) > 0 ? [join(" ", concat(["font-src"], var.allowed_sources.font))] : [],
    ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    ["require-trusted-types-for 'script'", "trusted-types ${join(" ", coalescelist(var.trusted_types, ["'none'"]))}"],
  ))

  headers = {
    Cross-Origin-Opener-Policy   = "same-origin"
    Cross-Origin-Resource-Policy = "same-origin"
    Permissions-Policy           = join(", ", [for feature in sort(tolist(var.denied_features)) : "${feature}=()"])
  }

  # Which key, in which account, is nobody's business.
  removed_headers = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-version-id",
  ]
}

resource "aws_cloudfront_response_headers_policy" "this" {
  #checkov:skip=CKV_AWS_259:Preloading binds a whole domain for years, in every browser: for its owner to decide, not for a site
  name    = var.bucket_name
  comment = "Security headers of ${var.name}."

  security_headers_config {
    content_security_policy {
      content_security_policy = local.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = local.headers

      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }

  remove_headers_config {
    dynamic "items" {
      for_each = local.removed_headers

      content {
        header = items.value
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
