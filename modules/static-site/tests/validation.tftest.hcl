mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-library"
  bucket_name = "example-library-site"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "refuses_a_name_with_spaces" {
  command = plan

  variables {
    name = "example library"
  }

  expect_failures = [var.name]
}

run "refuses_a_bucket_with_capitals" {
  command = plan

  variables {
    bucket_name = "Library"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_a_source_that_stands_for_many" {
  command = plan

  variables {
    allowed_sources = { connect = ["https://*.example.com"] }
  }

  expect_failures = [var.allowed_sources]
}

run "refuses_scripts_from_data" {
  command = plan

  variables {
    allowed_sources = { script = ["data:"] }
  }

  expect_failures = [var.allowed_sources]
}

run "refuses_a_backend_without_a_scheme" {
  command = plan

  variables {
    backends = { api = { url = "api.example.com", cached_paths = ["/books"] } }
  }

  expect_failures = [var.backends]
}

run "refuses_a_backend_that_takes_the_whole_site" {
  command = plan

  variables {
    backends = { api = { url = "https://api.example.com", uncached_paths = ["/*"] } }
  }

  expect_failures = [var.backends]
}

run "refuses_a_path_that_leads_to_two_backends" {
  command = plan

  variables {
    backends = {
      books = { url = "https://books.example.com", cached_paths = ["/books"] }
      loans = { url = "https://loans.example.com", uncached_paths = ["/books"] }
    }
  }

  expect_failures = [var.backends]
}

run "refuses_more_paths_than_cloudfront_takes" {
  command = plan

  variables {
    backends = { api = { url = "https://api.example.com", cached_paths = [for n in range(25) : "/shelves/${n}"] } }
  }

  expect_failures = [var.backends]
}

run "refuses_answers_older_than_nothing" {
  command = plan

  variables {
    backends_max_age_seconds = -1
  }

  expect_failures = [var.backends_max_age_seconds]
}

run "refuses_a_feature_that_is_none" {
  command = plan

  variables {
    denied_features = ["camera=()"]
  }

  expect_failures = [var.denied_features]
}

run "refuses_a_domain_with_a_scheme" {
  command = plan

  variables {
    domain = { names = ["https://example.com"], certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" }
  }

  expect_failures = [var.domain]
}

run "refuses_a_wildcard_as_its_address" {
  command = plan

  variables {
    domain = { names = ["*.example.com", "example.com"], certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" }
  }

  expect_failures = [var.domain]
}

run "refuses_a_certificate_of_another_region" {
  command = plan

  variables {
    domain = { names = ["example.com"], certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/1" }
  }

  expect_failures = [var.domain]
}

run "refuses_to_keep_files_for_no_time" {
  command = plan

  variables {
    keep_replaced_files_days = 0
  }

  expect_failures = [var.keep_replaced_files_days]
}

run "refuses_a_price_class_that_is_none" {
  command = plan

  variables {
    price_class = "PriceClass_Moon"
  }

  expect_failures = [var.price_class]
}

run "refuses_a_trusted_types_policy_with_a_space" {
  command = plan

  variables {
    trusted_types = ["my policy"]
  }

  expect_failures = [var.trusted_types]
}

run "refuses_a_tag_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    tags = { Owner = format("%0257d", 0) }
  }

  expect_failures = [var.tags]
}

run "refuses_a_tag_with_a_key_that_aws_reserves" {
  command = plan

  variables {
    tags = { "aws:owner" = "shop" }
  }

  expect_failures = [var.tags]
}

run "refuses_a_firewall_of_one_region" {
  command = plan

  variables {
    web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/shop/1"
  }

  expect_failures = [var.web_acl_arn]
}

run "refuses_a_firewall_of_another_region" {
  command = plan

  variables {
    web_acl_arn = "arn:aws:wafv2:eu-west-1:111122223333:global/webacl/shop/1"
  }

  expect_failures = [var.web_acl_arn]
}

run "refuses_pictures_in_the_place_of_the_site" {
  command = plan

  variables {
    pictures = { bucket_domain_name = "example-pictures.s3.us-east-1.amazonaws.com", path = "/*" }
  }

  expect_failures = [var.pictures]
}

run "refuses_pictures_that_a_backend_answers_for" {
  command = plan

  variables {
    pictures = { bucket_domain_name = "example-pictures.s3.us-east-1.amazonaws.com", path = "/pictures/*" }
    backends = { api = { url = "https://api.example.com", cached_paths = ["/pictures/*"] } }
  }

  expect_failures = [var.pictures]
}

run "refuses_pictures_of_a_bucket_by_its_name" {
  command = plan

  variables {
    pictures = { bucket_domain_name = "example-pictures", path = "/pictures/*" }
  }

  expect_failures = [var.pictures]
}

run "refuses_pictures_beside_as_many_paths_as_cloudfront_takes" {
  command = plan

  variables {
    pictures = { bucket_domain_name = "example-pictures.s3.us-east-1.amazonaws.com", path = "/pictures/*" }
    backends = { api = { url = "https://api.example.com", cached_paths = [for number in range(24) : "/books/${number}"] } }
  }

  expect_failures = [var.pictures]
}
