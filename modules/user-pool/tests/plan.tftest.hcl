mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name = "example-library"
}

run "is_protected_and_asks_for_strong_passwords_by_default" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "The pool can be deleted."
  }

  assert {
    condition = (
      one(aws_cognito_user_pool.this.password_policy).minimum_length == 12
      && one(aws_cognito_user_pool.this.password_policy).require_lowercase
      && one(aws_cognito_user_pool.this.password_policy).require_numbers
      && one(aws_cognito_user_pool.this.password_policy).require_symbols
      && one(aws_cognito_user_pool.this.password_policy).require_uppercase
      && one(aws_cognito_user_pool.this.password_policy).temporary_password_validity_days == 7
    )
    error_message = "The password policy is ${jsonencode(aws_cognito_user_pool.this.password_policy)}."
  }

  assert {
    condition = (
      one(aws_cognito_user_pool.this.admin_create_user_config).allow_admin_create_user_only
      && one(one(aws_cognito_user_pool.this.account_recovery_setting).recovery_mechanism).name == "admin_only"
    )
    error_message = "Anybody can make an account, or recover one."
  }

  assert {
    condition = (
      aws_cognito_user_pool.this.mfa_configuration == "OPTIONAL"
      && one(aws_cognito_user_pool.this.software_token_mfa_configuration).enabled
    )
    error_message = "A user cannot turn on codes from an app, or has to."
  }

  assert {
    condition     = aws_cognito_user_pool.this.user_pool_tier == "LITE" && !one(aws_cognito_user_pool.this.username_configuration).case_sensitive
    error_message = "The pool is dearer than it has to be, or tells Ada from ada."
  }
}

run "asks_for_codes_or_leaves_them_away_as_told" {
  command = plan

  variables {
    totp = "off"
  }

  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "OFF" && length(aws_cognito_user_pool.this.software_token_mfa_configuration) == 0
    error_message = "Codes are not off."
  }
}

run "has_its_groups" {
  command = plan

  variables {
    groups = { librarian = "May add books.", reader = "May borrow books." }
  }

  assert {
    condition     = tomap({ for name, group in aws_cognito_user_group.this : group.name => group.description }) == var.groups
    error_message = "The groups are ${jsonencode({ for name, group in aws_cognito_user_group.this : group.name => group.description })}."
  }

  assert {
    condition     = output.group_names == tolist(["librarian", "reader"])
    error_message = "The groups are returned as ${join(", ", output.group_names)}."
  }
}

run "asks_for_attributes_and_takes_aliases" {
  command = plan

  variables {
    alias_attributes    = ["email"]
    required_attributes = ["name"]
  }

  assert {
    condition     = aws_cognito_user_pool.this.alias_attributes == toset(["email"])
    error_message = "Nobody can sign in with an e-mail address."
  }

  assert {
    condition     = [for each in aws_cognito_user_pool.this.schema : "${each.name} ${each.required} ${each.mutable}"] == ["name true true"]
    error_message = "The attributes are ${jsonencode(aws_cognito_user_pool.this.schema)}."
  }
}

run "has_awss_own_bounds_for_each_required_attribute" {
  command = plan

  variables {
    required_attributes = ["birthdate", "email", "name"]
    app_client          = { write_attributes = ["birthdate", "email", "name"] }
  }

  assert {
    condition = {
      for each in aws_cognito_user_pool.this.schema : each.name =>
      "${one(each.string_attribute_constraints).min_length} to ${one(each.string_attribute_constraints).max_length}"
    } == { birthdate = "10 to 10", email = "0 to 2048", name = "0 to 2048" }
    error_message = "The attributes are ${jsonencode(aws_cognito_user_pool.this.schema)}."
  }
}

run "signs_in_without_passwords_where_the_tier_offers_it" {
  command = plan

  variables {
    tier       = "ESSENTIALS"
    app_client = { auth_flows = ["USER_AUTH"] }
  }

  assert {
    condition     = contains(aws_cognito_user_pool_client.this.explicit_auth_flows, "ALLOW_USER_AUTH")
    error_message = "The flows are ${jsonencode(aws_cognito_user_pool_client.this.explicit_auth_flows)}."
  }
}

run "has_a_client_that_keeps_no_secret_and_gives_nothing_away" {
  command = plan

  assert {
    condition = (
      !aws_cognito_user_pool_client.this.generate_secret
      && aws_cognito_user_pool_client.this.enable_token_revocation
      && aws_cognito_user_pool_client.this.prevent_user_existence_errors == "ENABLED"
      && aws_cognito_user_pool_client.this.supported_identity_providers == toset(["COGNITO"])
    )
    error_message = "The client has a secret, its tokens cannot be revoked, or it tells who has an account."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.explicit_auth_flows == toset(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    error_message = "The client takes ${join(", ", aws_cognito_user_pool_client.this.explicit_auth_flows)}."
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.this.read_attributes == toset(["name"])
      && aws_cognito_user_pool_client.this.write_attributes == toset(["name"])
    )
    error_message = "The client reads or changes more than the name."
  }
}

run "signs_in_and_forgets_as_told" {
  command = plan

  variables {
    app_client      = { auth_flows = ["USER_PASSWORD_AUTH"] }
    token_lifetimes = { id_minutes = 5, access_minutes = 10, refresh_hours = 1, challenge_minutes = 3 }
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.explicit_auth_flows == toset(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    error_message = "The client takes ${join(", ", aws_cognito_user_pool_client.this.explicit_auth_flows)}."
  }

  assert {
    condition = (
      one(aws_cognito_user_pool_client.this.token_validity_units) == { id_token = "minutes", access_token = "minutes", refresh_token = "hours" }
      && aws_cognito_user_pool_client.this.id_token_validity == 5
      && aws_cognito_user_pool_client.this.access_token_validity == 10
      && aws_cognito_user_pool_client.this.refresh_token_validity == 1
      && aws_cognito_user_pool_client.this.auth_session_validity == 3
    )
    error_message = "The tokens live longer or shorter than told."
  }
}

run "says_who_issues_its_tokens_and_what_managing_users_takes" {
  assert {
    condition     = output.issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE" && output.client_id == "1example23456789"
    error_message = "The issuer is ${output.issuer}."
  }

  assert {
    condition = (
      output.policy_statements.manage_users.resources == [output.arn]
      && alltrue([for action in output.policy_statements.manage_users.actions : can(regex("^cognito-idp:(Admin|List)[A-Za-z]+$", action))])
    )
    error_message = "The policy statements are ${jsonencode(output.policy_statements)}."
  }
}

run "rings_when_sign_ins_are_refused_or_fail" {
  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { sign_in_throttles = 5, failed_sign_ins = 20, period_seconds = 60 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.sign_in_throttles[0].metric_name == "SignInThrottles"
      && aws_cloudwatch_metric_alarm.sign_in_throttles[0].threshold == 5
      && aws_cloudwatch_metric_alarm.sign_in_throttles[0].dimensions == tomap({ UserPool = output.id, UserPoolClient = output.client_id })
    )
    error_message = "The alarm does not watch this client's refused sign-ins."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.failed_sign_ins[0].threshold == 20
      && { for query in aws_cloudwatch_metric_alarm.failed_sign_ins[0].metric_query : query.id => try(one(query.metric).stat, query.expression) } == { failed = "attempts - successes", attempts = "SampleCount", successes = "Sum" }
    )
    error_message = "The alarm does not count the sign-ins that failed."
  }

  assert {
    condition = alltrue([
      for alarm in [aws_cloudwatch_metric_alarm.sign_in_throttles[0], aws_cloudwatch_metric_alarm.failed_sign_ins[0]] :
      alarm.treat_missing_data == "notBreaching"
      && alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
      && alarm.ok_actions == alarm.alarm_actions
    ]) && toset(keys(output.alarm_arns)) == toset(["sign_in_throttles", "failed_sign_ins"])
    error_message = "An alarm rings without data or tells nobody."
  }
}

run "an_alarm_names_no_runbook_that_nobody_has" {
  command = plan

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.failed_sign_ins[0].alarm_description, ".")
    error_message = "The description goes on after its sentence."
  }
}

run "an_alarm_names_its_runbook" {
  command = plan

  variables {
    runbooks_url = "https://wiki.example.com/runbooks"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.failed_sign_ins[0].alarm_description, ". Runbook: https://wiki.example.com/runbooks/failed-sign-ins.md")
    error_message = "The description ends otherwise: ${aws_cloudwatch_metric_alarm.failed_sign_ins[0].alarm_description}"
  }
}

run "draws_itself_for_a_dashboard" {
  command = plan

  assert {
    condition = (
      length(output.dashboard_widgets) == 1
      && alltrue([for widget in output.dashboard_widgets : widget.type == "metric" && widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    )
    error_message = "The widgets are not 1, each with its metrics and their region."
  }
}

run "makes_no_alarm_where_they_are_off" {
  command = plan

  variables {
    alarms_enabled = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.sign_in_throttles) + length(aws_cloudwatch_metric_alarm.failed_sign_ins) == 0 && output.alarm_arns == {}
    error_message = "There are alarms: ${join(", ", keys(output.alarm_arns))}."
  }
}
