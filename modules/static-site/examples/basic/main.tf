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

  name                 = "example-library"
  deletion_window_days = 7
  readers              = { cloudfront = ["arn:aws:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/*"] }
}

module "site" {
  source = "../.."

  name            = "example-library"
  bucket_name     = "example-library-site-${data.aws_caller_identity.current.account_id}"
  kms_key_arn     = module.key.arn
  allowed_sources = { connect = ["https://cognito-idp.us-east-1.amazonaws.com"] }

  backends = {
    api = {
      url            = "https://api.example.com/v1"
      cached_paths   = ["/books", "/books/*"]
      uncached_paths = ["/loans"]
    }
  }
}

output "address" {
  description = "Where the site is, once files are in its bucket."
  value       = module.site.url
}

output "deployer_statements" {
  description = "What the role of whoever deploys the files needs."
  value = merge(
    { for verb in ["list", "read", "write", "delete"] : verb => module.site.policy_statements[verb] },
    { for verb, statement in module.key.policy_statements : "key_${verb}" => statement },
  )
}
