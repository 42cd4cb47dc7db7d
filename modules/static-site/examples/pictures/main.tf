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

  name                 = "example-gallery"
  deletion_window_days = 7
  readers              = { cloudfront = ["arn:aws:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/*"] }
}

module "site" {
  source = "../.."

  name        = "example-gallery"
  bucket_name = "example-gallery-site-${data.aws_caller_identity.current.account_id}"
  kms_key_arn = module.key.arn
  pictures    = { bucket_domain_name = module.pictures.regional_domain_name, path = "/pictures/*" }
}

# Uploads come in under incoming/, and are seen under pictures/ once they are checked.
module "pictures" {
  source = "../../../bucket"

  name              = "example-gallery-pictures-${data.aws_caller_identity.current.account_id}"
  kms_key_arn       = module.key.arn
  prefixes          = { incoming = "incoming/", pictures = "pictures/" }
  expiring_prefixes = { incoming = { prefix = "incoming/", days = 1 } }
  cors              = { allowed_origins = [module.site.url], allowed_methods = ["POST"] }
  readers           = { site = { service = "cloudfront", source_arn = module.site.distribution_arn, prefix = "pictures/" } }

  notify = {
    incoming = {
      prefix = "incoming/"
      function = {
        function_name = module.check.function_name
        alias_name    = module.check.alias_name
        alias_arn     = module.check.alias_arn
      }
    }
  }
}

# Made by: python3 -m zipfile -c check.zip check.py
module "check" {
  source = "../../../function"

  name        = "example-gallery-check"
  artifact    = { path = var.artifact_path }
  handler     = "check.handler"
  kms_key_arn = module.key.arn
  on_failure  = { bucket_arn = module.pictures.arn }

  policy_statements = {
    take_uploads   = module.pictures.prefix_policy_statements.incoming.read
    drop_uploads   = module.pictures.prefix_policy_statements.incoming.delete
    write_pictures = module.pictures.prefix_policy_statements.pictures.write
    decrypt        = module.key.policy_statements.decrypt
    encrypt        = module.key.policy_statements.encrypt
  }
}

output "address" {
  description = "Where the site is; its pictures are under /pictures/."
  value       = module.site.url
}

variable "artifact_path" {
  description = "The zip of check.py, as the line above the function makes it."
  type        = string
  default     = "check.zip"
}
