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
      plan_policies       = { tables = {} }
      apply_policies      = { tables = {} }
      boundary_statements = {}
    }
  }
}

run "refuses_a_service_that_is_a_pattern" {
  command = plan

  variables {
    ceiling_services = ["dynamodb:*"]
  }

  expect_failures = [var.ceiling_services]
}

run "refuses_to_administer_identities" {
  command = plan

  variables {
    ceiling_services = ["dynamodb", "iam"]
  }

  expect_failures = [var.ceiling_services]
}

run "refuses_an_environment_that_no_name_is_made_of" {
  command = plan

  variables {
    environments = {
      Dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_every_repository_of_an_owner" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/*:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_every_branch_of_a_repository" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:ref:refs/heads/*"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_every_subject_of_a_repository" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:*"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_to_let_a_branch_apply" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/orders:ref:refs/heads/main"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_a_role_that_nobody_takes_on" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = []
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_a_pattern_of_actions" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = { all = { actions = ["dynamodb:*"], resources = ["*"] } } }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_an_effect_that_is_none" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = { all = { actions = ["dynamodb:CreateTable"], resources = ["*"] } } }
        boundary_statements = { use = { effect = "Permit", actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"] } }
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_a_role_without_policies" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = {}
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_a_prefix_that_is_too_long" {
  command = plan

  variables {
    name_prefix = "an-example-that-leaves-no-room-for-anything"
  }

  expect_failures = [var.name_prefix]
}

run "refuses_a_provider_that_is_none" {
  command = plan

  variables {
    oidc_provider_arn = "token.actions.githubusercontent.com"
  }

  expect_failures = [var.oidc_provider_arn]
}

run "refuses_a_session_of_a_minute" {
  command = plan

  variables {
    session_seconds = 60
  }

  expect_failures = [var.session_seconds]
}

run "refuses_an_environment_whose_roles_could_change_anothers" {
  command = plan

  variables {
    environments = {
      dev    = { plan_policies = { tables = {} }, apply_policies = { tables = {} }, plan_subjects = ["repo:example/orders:pull_request"], apply_subjects = ["repo:example/orders:environment:x"], boundary_statements = {} }
      dev-eu = { plan_policies = { tables = {} }, apply_policies = { tables = {} }, plan_subjects = ["repo:example/orders:pull_request"], apply_subjects = ["repo:example/orders:environment:x"], boundary_statements = {} }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_a_policy_whose_name_iam_does_not_take" {
  command = plan

  variables {
    environments = {
      dev = { plan_policies = { "the tables" = {} }, apply_policies = { tables = {} }, plan_subjects = ["repo:example/orders:pull_request"], apply_subjects = ["repo:example/orders:environment:x"], boundary_statements = {} }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_a_tag_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    tags = { Owner = format("%0257d", 0) }
  }

  expect_failures = [var.tags]
}

run "refuses_a_tag_with_a_key_that_aws_reserves" {
  command = plan

  variables {
    tags = { "aws:owner" = "shop" }
  }

  expect_failures = [var.tags]
}

run "refuses_an_audience_that_is_none" {
  command = plan

  variables {
    audience = ""
  }

  expect_failures = [var.audience]
}

run "refuses_an_issuer_without_tls" {
  command = plan

  variables {
    issuer            = "http://gitlab.com"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/http://gitlab.com"
  }

  expect_failures = [var.issuer]
}

run "refuses_the_provider_of_another_issuer" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
  }

  expect_failures = [var.oidc_provider_arn]
}

run "refuses_that_every_branch_of_a_gitlab_project_applies" {
  command = plan

  variables {
    issuer            = "https://gitlab.com"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
    environments = {
      dev = {
        plan_subjects       = ["project_path:example/shop/orders:ref_type:branch:ref:main"]
        apply_subjects      = ["project_path:example/shop/orders:ref_type:branch:ref:*"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_every_project_of_a_gitlab_group" {
  command = plan

  variables {
    issuer            = "https://gitlab.com"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
    environments = {
      dev = {
        plan_subjects       = ["project_path:example/*:ref_type:branch:ref:main"]
        apply_subjects      = ["project_path:example/shop/orders:ref_type:branch:ref:main"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_gitlabs_pattern_from_github" {
  command = plan

  variables {
    environments = {
      dev = {
        plan_subjects       = ["project_path:example/shop/orders:ref_type:branch:ref:*"]
        apply_subjects      = ["repo:example/orders:environment:dev"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}

run "refuses_that_a_branch_of_an_enterprise_server_applies" {
  command = plan

  variables {
    issuer            = "https://github.example.com/_services/token"
    oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/github.example.com/_services/token"
    environments = {
      dev = {
        plan_subjects       = ["repo:example/orders:pull_request"]
        apply_subjects      = ["repo:example/orders:ref:refs/heads/main"]
        plan_policies       = { tables = {} }
        apply_policies      = { tables = {} }
        boundary_statements = {}
      }
    }
  }

  expect_failures = [var.environments]
}
