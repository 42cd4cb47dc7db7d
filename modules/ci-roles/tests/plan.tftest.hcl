mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name_prefix       = "example"
  oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
  ceiling_services  = ["dynamodb"]
  environments = {
    dev = {
      plan_subjects       = ["repo:example/orders:pull_request"]
      apply_subjects      = ["repo:example/orders:environment:dev"]
      plan_policies       = { tables = { read = { actions = ["dynamodb:DescribeTable"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } } }
      apply_policies      = { tables = { write = { actions = ["dynamodb:CreateTable"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } } }
      boundary_statements = { use = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } }
    }
  }
}

run "makes_two_roles_and_two_bounds_for_an_environment" {
  command = plan

  assert {
    condition     = toset([for role in aws_iam_role.this : role.name]) == toset(["example-dev-plan", "example-dev-apply"])
    error_message = "The roles are ${join(", ", [for role in aws_iam_role.this : role.name])}."
  }

  assert {
    condition     = aws_iam_policy.boundary["dev"].name == "example-dev-boundary" && aws_iam_policy.ceiling["dev"].name == "example-dev-ceiling"
    error_message = "The bounds are ${aws_iam_policy.boundary["dev"].name} and ${aws_iam_policy.ceiling["dev"].name}."
  }
}

run "takes_subjects_with_ids" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example@12/orders@34:pull_request"]
        apply_subjects      = ["repo:example@12/orders@34:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  assert {
    condition     = length(aws_iam_role.this) == 2
    error_message = "A repository whose tokens carry ids has no roles."
  }
}
