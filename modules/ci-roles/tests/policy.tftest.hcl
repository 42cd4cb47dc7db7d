# The real provider, offline, for the true policy JSON; nothing is made, as every resource is overridden.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = aws_iam_policy.this
  values = { arn = "arn:aws:iam::111122223333:policy/part" }
}

override_resource {
  target = aws_iam_policy.boundary
  values = { arn = "arn:aws:iam::111122223333:policy/example-dev-boundary" }
}

override_resource {
  target = aws_iam_policy.ceiling
  values = { arn = "arn:aws:iam::111122223333:policy/example-dev-ceiling" }
}

override_resource {
  target = aws_iam_role.this
}

override_resource {
  target = aws_iam_role_policy_attachment.this
}

variables {
  name_prefix       = "example"
  oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
  ceiling_services  = ["dynamodb"]
  environments = {
    dev = {
      plan_subjects       = ["repo:example/orders:pull_request", "repo:example/orders:ref:refs/heads/main"]
      apply_subjects      = ["repo:example/orders:environment:dev"]
      plan_policies       = { tables = { read = { actions = ["dynamodb:DescribeTable"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } } }
      apply_policies      = { tables = { write = { actions = ["dynamodb:CreateTable"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } } }
      boundary_statements = { use = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } }
    }
  }
}

run "trusts_whole_subjects_of_one_audience" {
  assert {
    condition = jsondecode(aws_iam_role.this["dev-apply"].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:example/orders:environment:dev"
        }
      }
    }]
    error_message = "The trust policy is ${aws_iam_role.this["dev-apply"].assume_role_policy}."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role.this["dev-plan"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]) == toset([
      "repo:example/orders:pull_request", "repo:example/orders:ref:refs/heads/main",
    ])
    error_message = "The trust policy is ${aws_iam_role.this["dev-plan"].assume_role_policy}."
  }
}

run "bounds_both_roles_by_the_ceiling" {
  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == "arn:aws:iam::111122223333:policy/example-dev-ceiling"])
    error_message = "A role has no ceiling."
  }
}

run "lets_no_role_change_what_decides_over_the_roles" {
  assert {
    condition = [for statement in jsondecode(aws_iam_policy.ceiling["dev"].policy).Statement : statement if statement.Sid == "CiIsNotForCiToChange"] == [{
      Sid       = "CiIsNotForCiToChange"
      Effect    = "Deny"
      NotAction = ["iam:ListRolePolicies", "iam:ListPolicyVersions", "iam:ListAttachedRolePolicies", "iam:GetRole", "iam:GetPolicyVersion", "iam:GetPolicy"]
      Resource = [
        "arn:aws:iam::111122223333:role/example-dev-plan",
        "arn:aws:iam::111122223333:role/example-dev-apply",
        "arn:aws:iam::111122223333:policy/example-dev-plan-tables",
        "arn:aws:iam::111122223333:policy/example-dev-ceiling",
        "arn:aws:iam::111122223333:policy/example-dev-boundary",
        "arn:aws:iam::111122223333:policy/example-dev-apply-tables",
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
      ]
    }]
    error_message = "The ceiling is ${aws_iam_policy.ceiling["dev"].policy}."
  }
}

run "makes_no_role_without_the_boundary" {
  assert {
    condition = [for statement in jsondecode(aws_iam_policy.ceiling["dev"].policy).Statement : statement.Condition if statement.Sid == "NoRoleWithoutTheBoundary"] == [{
      StringNotEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::111122223333:policy/example-dev-boundary" }
    }]
    error_message = "The ceiling is ${aws_iam_policy.ceiling["dev"].policy}."
  }
}

run "gives_a_role_the_statements_of_its_policies" {
  assert {
    condition = jsondecode(aws_iam_policy.this["dev-plan-tables"].policy).Statement == [{
      Sid      = "Read"
      Effect   = "Allow"
      Action   = "dynamodb:DescribeTable"
      Resource = "arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"
    }]
    error_message = "The policy is ${aws_iam_policy.this["dev-plan-tables"].policy}."
  }
}

run "trusts_gitlab_every_branch_to_plan_and_one_to_apply" {
  variables {
    audience          = "https://gitlab.com"
    issuer            = "https://gitlab.com"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
    environments = {
      dev = {
        plan_subjects       = ["project_path:example/shop/orders:ref_type:branch:ref:*"]
        apply_subjects      = ["project_path:example/shop/orders:ref_type:branch:ref:main"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  assert {
    condition = jsondecode(aws_iam_role.this["dev-plan"].assume_role_policy).Statement[0].Condition == {
      StringEquals = { "gitlab.com:aud" = "https://gitlab.com" }
      StringLike   = { "gitlab.com:sub" = "project_path:example/shop/orders:ref_type:branch:ref:*" }
    }
    error_message = "The trust policy is ${aws_iam_role.this["dev-plan"].assume_role_policy}."
  }

  assert {
    condition = jsondecode(aws_iam_role.this["dev-apply"].assume_role_policy).Statement[0].Condition == {
      StringEquals = { "gitlab.com:aud" = "https://gitlab.com", "gitlab.com:sub" = "project_path:example/shop/orders:ref_type:branch:ref:main" }
    }
    error_message = "The trust policy is ${aws_iam_role.this["dev-apply"].assume_role_policy}."
  }
}

run "trusts_a_github_enterprise_server" {
  variables {
    issuer            = "https://github.example.com/_services/token"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/github.example.com/_services/token"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this["dev-apply"].assume_role_policy).Statement[0].Condition.StringEquals["github.example.com/_services/token:sub"] == "repo:example/orders:environment:dev"
    error_message = "The trust policy is ${aws_iam_role.this["dev-apply"].assume_role_policy}."
  }
}

run "denies_within_the_boundary_what_is_denied" {
  variables {
    environments = {
      dev = {
        plan_subjects  = ["repo:ada/weather:pull_request"]
        apply_subjects = ["repo:ada/weather:environment:dev"]
        plan_policies  = { look = { tables = { actions = ["dynamodb:DescribeTable"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } } }
        apply_policies = { make = { tables = { actions = ["dynamodb:CreateTable"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } } }
        boundary_statements = {
          text_phones  = { actions = ["sns:Publish"], resources = ["*"] }
          leave_topics = { effect = "Deny", actions = ["sns:Publish"], resources = ["arn:aws:sns:*"] }
        }
      }
    }
  }

  assert {
    condition     = { for statement in jsondecode(aws_iam_policy.boundary["dev"].policy).Statement : statement.Sid => "${statement.Effect} ${statement.Resource}" } == { LeaveTopics = "Deny arn:aws:sns:*", TextPhones = "Allow *" }
    error_message = "The boundary is ${aws_iam_policy.boundary["dev"].policy}."
  }
}
