terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

data "aws_caller_identity" "current" {}

module "key" {
  source = "../../../encryption-key"

  name                 = "example-shelf"
  deletion_window_days = 7
  readers              = { cloudfront = ["arn:aws:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/*"] }
}

# Of the scope CLOUDFRONT, which is in us-east-1 only: a root of another region takes a provider of that one for it.
resource "aws_wafv2_web_acl" "shelf" {
  name  = "example-shelf"
  scope = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "too-many-requests"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit              = 2000
        aggregate_key_type = "IP"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "example-shelf-too-many-requests"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "example-shelf"
    sampled_requests_enabled   = false
  }
}

module "site" {
  source = "../.."

  name        = "example-shelf"
  bucket_name = "example-shelf-${data.aws_caller_identity.current.account_id}"
  kms_key_arn = module.key.arn
  web_acl_arn = aws_wafv2_web_acl.shelf.arn
}

output "address" {
  description = "Where the site is, once files are in its bucket."
  value       = module.site.url
}
