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

module "key" {
  source = "../../../encryption-key"

  name                 = "example-clicks"
  deletion_window_days = 7
}

module "stream" {
  source = "../.."

  name            = "example-clicks"
  shard_count     = 2
  retention_hours = 48
  kms_key_arn     = module.key.arn
}

output "producer_statements" {
  description = "What a producer's role needs."
  value = {
    stream = module.stream.policy_statements.write
    key    = module.key.policy_statements.encrypt
  }
}
