# Files that somebody else made, from a bucket of their own: whatever they are, a browser may show them and do nothing else.
resource "aws_cloudfront_response_headers_policy" "pictures" {
  #checkov:skip=CKV_AWS_259:Preloading binds a whole domain for years, in every browser: for its owner to decide, not for a site
  count = var.pictures == null ? 0 : 1

  # With a sign that no bucket's name has: another site's policy has its bucket's name.
  name    = "${var.bucket_name}_pictures"
  comment = "Headers of the pictures of ${var.name}."

  security_headers_config {
    content_security_policy {
      content_security_policy = "default-src 'none'; sandbox"
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

# A year, also where an object says nothing of it. Browsers go by the object's own Cache-Control: a header that CloudFront put on
# would be on refusals too, and keep one for a year.
resource "aws_cloudfront_cache_policy" "pictures" {
  count = var.pictures == null ? 0 : 1

  name        = "${var.bucket_name}-pictures"
  comment     = "A year: a picture never changes under its name."
  min_ttl     = 0
  default_ttl = 31536000
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = false
    enable_accept_encoding_gzip   = false

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
