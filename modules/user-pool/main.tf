locals {
  mfa = { off = "OFF", optional = "OPTIONAL", required = "ON" }

  made_with = "aliases: ${join(", ", coalescelist(sort(var.alias_attributes), ["none"]))}; required attributes: ${join(", ", coalescelist(sort(var.required_attributes), ["none"]))}"
}

# What the pool was made with. Terraform would plan changes of it that Cognito refuses, or that delete every account; each of
# these keeps what was, so that the plan can refuse them.
resource "terraform_data" "made_with" {
  input            = local.made_with
  triggers_replace = [var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "protected_name" {
  input            = var.name
  triggers_replace = [var.deletion_protection ? null : var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_cognito_user_pool" "this" {
  name                = var.name
  user_pool_tier      = var.tier
  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  alias_attributes    = length(var.alias_attributes) > 0 ? var.alias_attributes : null
  mfa_configuration   = local.mfa[var.totp]
  tags                = var.tags

  username_configuration {
    case_sensitive = false
  }

  # An account that anybody could make would let anybody in.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "admin_only"
      priority = 1
    }
  }

  password_policy {
    minimum_length                   = var.password_policy.minimum_length
    require_lowercase                = var.password_policy.require_lowercase
    require_numbers                  = var.password_policy.require_numbers
    require_symbols                  = var.password_policy.require_symbols
    require_uppercase                = var.password_policy.require_uppercase
    temporary_password_validity_days = var.password_policy.temporary_password_validity_days
  }

  dynamic "software_token_mfa_configuration" {
    for_each = var.totp == "off" ? [] : [var.totp]

    content {
      enabled = true
    }
  }

  dynamic "schema" {
    for_each = var.required_attributes

    content {
      name                     = schema.value
      attribute_data_type      = "String"
      developer_only_attribute = false
      mutable                  = true
      required                 = true

      # AWS's own bounds for standard attributes; others would show as a change for ever. A birthdate is YYYY-MM-DD.
      string_attribute_constraints {
        min_length = schema.value == "birthdate" ? 10 : 0
        max_length = schema.value == "birthdate" ? 10 : 2048
      }
    }
  }

  lifecycle {
    precondition {
      condition     = terraform_data.made_with.output == local.made_with
      error_message = "The pool ${var.name} was made with other attributes (${terraform_data.made_with.output}), and Cognito changes none of them. Make a pool with ${local.made_with} beside it, as another module, and move the accounts."
    }

    precondition {
      condition     = !var.deletion_protection || terraform_data.protected_name.output == var.name
      error_message = "The pool ${terraform_data.protected_name.output} is protected from deletion, so another name cannot replace it. Apply deletion_protection = false first, and the name ${var.name} after it: it is a new pool, without the accounts."
    }
  }
}

resource "aws_cognito_user_group" "this" {
  for_each = var.groups

  user_pool_id = aws_cognito_user_pool.this.id
  name         = each.key
  description  = each.value
}

resource "aws_cognito_user_pool_client" "this" {
  name         = "${var.name}-client"
  user_pool_id = aws_cognito_user_pool.this.id

  # Whoever has the app has all that is in it: a secret would be none.
  generate_secret               = false
  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"
  supported_identity_providers  = ["COGNITO"]
  explicit_auth_flows           = [for flow in setunion(var.app_client.auth_flows, ["REFRESH_TOKEN_AUTH"]) : "ALLOW_${flow}"]
  read_attributes               = var.app_client.read_attributes
  write_attributes              = var.app_client.write_attributes
  auth_session_validity         = var.token_lifetimes.challenge_minutes
  id_token_validity             = var.token_lifetimes.id_minutes
  access_token_validity         = var.token_lifetimes.access_minutes
  refresh_token_validity        = var.token_lifetimes.refresh_hours

  token_validity_units {
    id_token      = "minutes"
    access_token  = "minutes"
    refresh_token = "hours"
  }
}
