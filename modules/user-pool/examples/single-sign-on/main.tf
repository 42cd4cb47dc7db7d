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

module "staff" {
  source = "../.."

  name = "example-staff"
}

# The company's identity provider. Keep its secret out of the code: give the variable by TF_VAR_client_secret.
resource "aws_cognito_identity_provider" "company" {
  user_pool_id  = module.staff.id
  provider_name = "company"
  provider_type = "OIDC"

  provider_details = {
    attributes_request_method = "GET"
    authorize_scopes          = "openid email profile"
    client_id                 = "example-staff"
    client_secret             = var.client_secret
    oidc_issuer               = "https://login.example.com"
  }

  attribute_mapping = {
    email    = "email"
    name     = "name"
    username = "sub"
  }
}

# Where browsers are sent to sign in.
resource "aws_cognito_user_pool_domain" "staff" {
  user_pool_id = module.staff.id
  domain       = "example-staff-111122223333"
}

# An app client of its own: the module's signs in with passwords.
resource "aws_cognito_user_pool_client" "single_sign_on" {
  name                                 = "single-sign-on"
  user_pool_id                         = module.staff.id
  supported_identity_providers         = [aws_cognito_identity_provider.company.provider_name]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "profile"]
  callback_urls                        = ["https://staff.example.com/signed-in"]
  logout_urls                          = ["https://staff.example.com/"]
  explicit_auth_flows                  = ["ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors        = "ENABLED"
  enable_token_revocation              = true
}

output "authorizer" {
  description = "What an HTTP API's authorizer checks."
  value       = { issuer = module.staff.issuer, audience = [aws_cognito_user_pool_client.single_sign_on.id] }
}

variable "client_secret" {
  description = "The secret by which the company's identity provider knows the pool."
  type        = string
  sensitive   = true
  default     = "change-me"
}
