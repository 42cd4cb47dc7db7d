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

module "members" {
  source = "../.."

  name                = "example-library"
  required_attributes = ["name"]
  token_lifetimes     = { id_minutes = 30, refresh_hours = 8 }

  groups = {
    librarian = "May add and withdraw books."
    reader    = "May borrow books."
  }
}

output "sign_in" {
  description = "What an app signs in with, and what an authorizer checks."
  value = {
    client_id = module.members.client_id
    issuer    = module.members.issuer
  }
}
