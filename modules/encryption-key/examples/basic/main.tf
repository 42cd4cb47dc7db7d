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
  source = "../.."

  name                 = "example-orders"
  description          = "Encrypts the order system at rest."
  log_group_patterns   = ["/aws/lambda/example-orders-*"]
  services             = ["cloudwatch"]
  deletion_window_days = 7
}

output "key_arn" {
  description = "The key's ARN, for the other modules' `kms_key_arn`."
  value       = module.key.arn
}
