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

# A key that the organisation keeps, made here only so that the example stands alone.
resource "aws_kms_key" "organisation" {
  description             = "Kept by the organisation."
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

module "key" {
  source = "../.."

  name         = "example-ledger"
  services     = ["cloudwatch"]
  existing_key = { arn = aws_kms_key.organisation.arn }
}

output "policy" {
  description = "What the key's own policy has to allow."
  value       = module.key.policy_json
}

output "reader_statement" {
  description = "What the role of a job needs to read what is encrypted with the key."
  value       = module.key.policy_statements.decrypt
}
