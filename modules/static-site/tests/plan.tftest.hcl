mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-library"
  bucket_name = "example-library-site"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "is_a_private_bucket_behind_a_distribution_that_signs_its_requests" {
  assert {
    condition = (
      one(aws_cloudfront_distribution.this.origin).domain_name == "example.s3.us-east-1.amazonaws.com"
      && one(aws_cloudfront_distribution.this.origin).origin_access_control_id == aws_cloudfront_origin_access_control.this.id
      && aws_cloudfront_origin_access_control.this.signing_behavior == "always"
    )
    error_message = "The distribution does not read the bucket, or not as itself."
  }
}

run "sends_everybody_to_https_and_compresses" {
  assert {
    condition = (
      one(aws_cloudfront_distribution.this.default_cache_behavior).viewer_protocol_policy == "redirect-to-https"
      && one(aws_cloudfront_distribution.this.default_cache_behavior).compress
      && one(aws_cloudfront_distribution.this.default_cache_behavior).allowed_methods == toset(["GET", "HEAD"])
      && aws_cloudfront_distribution.this.default_root_object == "index.html"
      && aws_cloudfront_distribution.this.http_version == "http2and3"
    )
    error_message = "The files are served in plain, uncompressed, or by other methods."
  }

  assert {
    condition     = aws_cloudfront_cache_policy.files.min_ttl == 0 && aws_cloudfront_cache_policy.files.default_ttl == 0 && aws_cloudfront_cache_policy.files.max_ttl == 31536000
    error_message = "Files are not kept as their Cache-Control says."
  }

  assert {
    condition     = toset([for each in aws_cloudfront_distribution.this.custom_error_response : each.error_caching_min_ttl]) == toset([0])
    error_message = "An error is kept."
  }
}

run "allows_pages_nothing_but_the_site_itself" {
  command = plan

  assert {
    condition     = output.content_security_policy == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    error_message = "The policy is ${output.content_security_policy}."
  }

  assert {
    condition     = one(one(aws_cloudfront_response_headers_policy.this.security_headers_config).content_security_policy).content_security_policy == output.content_security_policy
    error_message = "The distribution sends another policy."
  }
}

run "allows_pages_what_is_named" {
  command = plan

  variables {
    allowed_sources = {
      connect = ["https://api.example.com", "http://127.0.0.1:8080", "http://shop.localhost:8080"]
      image   = ["data:"]
      font    = ["'self'", "https://fonts.example.com"]
    }
    trusted_types = ["templates"]
  }

  assert {
    condition = (
      strcontains(output.content_security_policy, "; connect-src 'self' https://api.example.com http://127.0.0.1:8080 http://shop.localhost:8080; ")
      && strcontains(output.content_security_policy, "; img-src 'self' data:; ")
      && strcontains(output.content_security_policy, "; font-src 'self' https://fonts.example.com; ")
      && endswith(output.content_security_policy, "; trusted-types templates")
    )
    error_message = "The policy is ${output.content_security_policy}."
  }
}

run "sends_security_headers_and_keeps_the_key_to_itself" {
  command = plan

  assert {
    condition = (
      one(one(aws_cloudfront_response_headers_policy.this.security_headers_config).strict_transport_security).access_control_max_age_sec == 31536000
      && one(one(aws_cloudfront_response_headers_policy.this.security_headers_config).strict_transport_security).include_subdomains
      && one(one(aws_cloudfront_response_headers_policy.this.security_headers_config).content_type_options).override
      && one(one(aws_cloudfront_response_headers_policy.this.security_headers_config).frame_options).frame_option == "DENY"
      && one(one(aws_cloudfront_response_headers_policy.this.security_headers_config).referrer_policy).referrer_policy == "no-referrer"
    )
    error_message = "A security header is missing."
  }

  assert {
    condition = { for item in one(aws_cloudfront_response_headers_policy.this.custom_headers_config).items : item.header => item.value } == {
      Cross-Origin-Opener-Policy   = "same-origin"
      Cross-Origin-Resource-Policy = "same-origin"
      Permissions-Policy           = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    }
    error_message = "The further headers are ${jsonencode(aws_cloudfront_response_headers_policy.this.custom_headers_config)}."
  }

  assert {
    condition     = contains([for item in one(aws_cloudfront_response_headers_policy.this.remove_headers_config).items : item.header], "x-amz-server-side-encryption-aws-kms-key-id")
    error_message = "Visitors are told which key encrypts the files."
  }
}

run "serves_a_backend_under_its_own_name" {
  variables {
    backends = {
      api = {
        url            = "https://api.example.com/v1"
        cached_paths   = ["/books", "/books/*"]
        uncached_paths = ["/loans"]
      }
      emulator = {
        url            = "http://localhost:4566/"
        uncached_paths = ["/local"]
      }
    }
  }

  assert {
    condition = {
      for origin in aws_cloudfront_distribution.this.origin : origin.origin_id => join(" ", [
        origin.domain_name, origin.origin_path, one(origin.custom_origin_config).origin_protocol_policy,
        one(origin.custom_origin_config).http_port, one(origin.custom_origin_config).https_port,
      ]) if origin.origin_id != "files"
      } == {
      backend-api      = "api.example.com /v1 https-only 80 443"
      backend-emulator = "localhost  http-only 4566 443"
    }
    error_message = "The origins are ${jsonencode(aws_cloudfront_distribution.this.origin)}."
  }

  assert {
    condition = {
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behavior.path_pattern => "${behavior.target_origin_id} ${join(" ", behavior.allowed_methods)} ${behavior.viewer_protocol_policy}"
      } == {
      "/books"   = "backend-api GET HEAD https-only"
      "/books/*" = "backend-api GET HEAD https-only"
      "/loans"   = "backend-api DELETE GET HEAD OPTIONS PATCH POST PUT https-only"
      "/local"   = "backend-emulator DELETE GET HEAD OPTIONS PATCH POST PUT https-only"
    }
    error_message = "The behaviours are ${jsonencode(aws_cloudfront_distribution.this.ordered_cache_behavior)}."
  }

  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behavior.cache_policy_id == local.managed_policies.caching_disabled
      && behavior.origin_request_policy_id == local.managed_policies.all_viewer_headers_except_host_name
      if length(behavior.allowed_methods) == 7
    ])
    error_message = "An uncached path is kept, or lacks the visitor's headers."
  }

  assert {
    condition = (
      one(aws_cloudfront_cache_policy.backends).max_ttl == 1
      && alltrue([
        for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
        behavior.cache_policy_id == one(aws_cloudfront_cache_policy.backends).id if length(behavior.allowed_methods) == 2
      ])
    )
    error_message = "A backend's answers are kept longer than a second."
  }

  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behavior.response_headers_policy_id == aws_cloudfront_response_headers_policy.this.id
    ])
    error_message = "A backend's answers lack the security headers."
  }
}

# AWS refuses a cache policy that keeps nothing and has compression or query strings in its key.
run "keeps_no_backends_answer_without_a_cache_policy_of_its_own" {
  variables {
    backends_max_age_seconds = 0
    backends                 = { api = { url = "https://api.example.com", cached_paths = ["/books", "/books/*"] } }
  }

  assert {
    condition     = length(aws_cloudfront_cache_policy.backends) == 0
    error_message = "There is a cache policy that AWS would refuse."
  }

  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behavior.cache_policy_id == local.managed_policies.caching_disabled
      && behavior.origin_request_policy_id == local.managed_policies.all_viewer_headers_except_host_name
      && length(behavior.allowed_methods) == 2
    ])
    error_message = "The behaviours are ${jsonencode(aws_cloudfront_distribution.this.ordered_cache_behavior)}."
  }
}

run "has_cloudfronts_own_name_and_certificate_without_a_domain" {
  assert {
    condition = (
      output.url == "https://example.cloudfront.net"
      && one(aws_cloudfront_distribution.this.viewer_certificate).cloudfront_default_certificate
      && length(aws_cloudfront_distribution.this.aliases) == 0
    )
    error_message = "The site is at ${output.url}."
  }
}

run "takes_a_domain_with_tls_1_2_at_least" {
  variables {
    domain = {
      names           = ["library.example.com", "www.library.example.com"]
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
    }
  }

  assert {
    condition = (
      output.url == "https://library.example.com"
      && aws_cloudfront_distribution.this.aliases == toset(["library.example.com", "www.library.example.com"])
      && one(aws_cloudfront_distribution.this.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
      && one(aws_cloudfront_distribution.this.viewer_certificate).ssl_support_method == "sni-only"
    )
    error_message = "The site is at ${output.url}, or takes old TLS."
  }
}

run "takes_wildcards_and_names_in_other_scripts" {
  command = plan

  variables {
    domain = {
      names           = ["shop.xn--p1ai", "*.shop.xn--p1ai", "shop.example.com"]
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
    }
  }

  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(var.domain.names)
    error_message = "The site answers for ${join(", ", aws_cloudfront_distribution.this.aliases)}."
  }
}

run "says_what_deploying_takes" {
  assert {
    condition = { for verb, statement in output.policy_statements : verb => join(" ", statement.actions) } == {
      list       = "s3:ListBucket"
      read       = "s3:GetObject"
      write      = "s3:PutObject"
      delete     = "s3:DeleteObject"
      invalidate = "cloudfront:CreateInvalidation"
    }
    error_message = "The policy statements are ${jsonencode(output.policy_statements)}."
  }

  assert {
    condition = (
      output.policy_statements.delete.resources == ["arn:aws:s3:::example/*"]
      && output.policy_statements.invalidate.resources == [output.distribution_arn]
    )
    error_message = "The policy statements are ${jsonencode(output.policy_statements)}."
  }
}

run "draws_itself_for_a_dashboard" {
  command = plan

  assert {
    condition = (
      length(output.dashboard_widgets) == 2
      && alltrue([for widget in output.dashboard_widgets : widget.type == "metric" && widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    )
    error_message = "The widgets are not 2, each with its metrics and their region."
  }
}

run "has_the_firewall_named_and_none_unless_named" {
  command = plan

  variables {
    web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1"
  }

  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == var.web_acl_arn
    error_message = "The distribution's web ACL is ${aws_cloudfront_distribution.this.web_acl_id}."
  }
}

run "serves_pictures_from_a_bucket_of_their_own_which_nothing_runs_in" {
  variables {
    pictures = { bucket_domain_name = "example-pictures.s3.us-east-1.amazonaws.com", path = "/pictures/*" }
  }

  assert {
    condition = { for origin in aws_cloudfront_distribution.this.origin : origin.origin_id => [origin.domain_name, origin.origin_access_control_id] } == {
      files    = ["example.s3.us-east-1.amazonaws.com", aws_cloudfront_origin_access_control.this.id]
      pictures = ["example-pictures.s3.us-east-1.amazonaws.com", aws_cloudfront_origin_access_control.this.id]
    }
    error_message = "The origins are ${jsonencode(aws_cloudfront_distribution.this.origin)}."
  }

  assert {
    condition = [for each in aws_cloudfront_distribution.this.ordered_cache_behavior : [each.path_pattern, each.target_origin_id, each.cache_policy_id, each.response_headers_policy_id, join(" ", each.allowed_methods)]] == [
      ["/pictures/*", "pictures", aws_cloudfront_cache_policy.pictures[0].id, aws_cloudfront_response_headers_policy.pictures[0].id, "GET HEAD"]
    ]
    error_message = "The behaviours are ${jsonencode(aws_cloudfront_distribution.this.ordered_cache_behavior)}."
  }

  assert {
    condition = (
      one(one(aws_cloudfront_response_headers_policy.pictures[0].security_headers_config).content_security_policy).content_security_policy == "default-src 'none'; sandbox"
      && one(one(aws_cloudfront_response_headers_policy.pictures[0].security_headers_config).content_type_options).override
    )
    error_message = "The headers are ${jsonencode(aws_cloudfront_response_headers_policy.pictures[0].security_headers_config)}."
  }

  assert {
    condition     = !contains([for each in one(aws_cloudfront_response_headers_policy.pictures[0].custom_headers_config).items : each.header], "Cache-Control")
    error_message = "A refusal would be kept by browsers as long as a picture."
  }

  assert {
    condition     = aws_cloudfront_cache_policy.pictures[0].default_ttl == 31536000 && aws_cloudfront_cache_policy.pictures[0].max_ttl == 31536000 && aws_cloudfront_cache_policy.pictures[0].min_ttl == 0
    error_message = "A picture is not kept for a year, or a refusal is."
  }
}
