mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-greetings"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  functions   = { greet = "arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live" }
  definition  = "{\"StartAt\": \"Greet\", \"States\": {\"Greet\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live\", \"End\": true}}}"
}

run "runs_the_definition_encrypted_and_logs_errors_without_their_data" {
  assert {
    condition = (
      aws_sfn_state_machine.this.type == "STANDARD"
      && aws_sfn_state_machine.this.publish
      && aws_sfn_state_machine.this.definition == var.definition
      && one(aws_sfn_state_machine.this.encryption_configuration).type == "CUSTOMER_MANAGED_KMS_KEY"
      && one(aws_sfn_state_machine.this.encryption_configuration).kms_key_id == var.kms_key_arn
      && one(aws_sfn_state_machine.this.encryption_configuration).kms_data_key_reuse_period_seconds == 900
    )
    error_message = "The machine is not as asked, or not encrypted with the key."
  }

  assert {
    condition = (
      one(aws_sfn_state_machine.this.logging_configuration).level == "ERROR"
      && !one(aws_sfn_state_machine.this.logging_configuration).include_execution_data
      && one(aws_sfn_state_machine.this.logging_configuration).log_destination == "${aws_cloudwatch_log_group.this.arn}:*"
      && aws_cloudwatch_log_group.this.name == "/aws/vendedlogs/states/example-greetings"
      && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
      && aws_cloudwatch_log_group.this.retention_in_days == 365
    )
    error_message = "The log is not the machine's own, not encrypted, or holds more than errors."
  }

  assert {
    condition     = aws_sfn_alias.live.name == "live" && one(aws_sfn_alias.live.routing_configuration).state_machine_version_arn == aws_sfn_state_machine.this.state_machine_version_arn && one(aws_sfn_alias.live.routing_configuration).weight == 100
    error_message = "The alias does not lead to the newest version alone."
  }
}

run "names_its_role_for_its_region_and_for_what_it_is" {
  command = plan

  assert {
    condition     = aws_iam_role.this.name == "example-greetings.machine@us-east-1"
    error_message = "The role is ${aws_iam_role.this.name}."
  }
}

run "shortens_names_that_iam_and_eventbridge_would_not_take" {
  command = plan

  variables {
    name = format("%080d", 1)
    ended = {
      function = {
        function_name = "example-greetings"
        alias_name    = "live"
        alias_arn     = "arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live"
      }
    }
  }

  assert {
    condition     = length(aws_iam_role.this.name) == 64 && endswith(aws_iam_role.this.name, "+${substr(sha1(var.name), 0, 8)}.machine@us-east-1")
    error_message = "The role is ${aws_iam_role.this.name}."
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.ended[0].name) == 64 && endswith(aws_cloudwatch_event_rule.ended[0].name, ".${substr(sha1(var.name), 0, 8)}.ended")
    error_message = "The rule is ${aws_cloudwatch_event_rule.ended[0].name}."
  }
}

run "tells_a_function_of_executions_that_did_not_succeed" {
  variables {
    ended = {
      function = {
        function_name = "example-greetings"
        alias_name    = "live"
        alias_arn     = "arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live"
      }
    }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.ended[0].event_pattern) == {
      source      = ["aws.states"]
      detail-type = ["Step Functions Execution Status Change"]
      detail = {
        stateMachineArn = [aws_sfn_state_machine.this.arn]
        status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      }
    }
    error_message = "The rule takes ${aws_cloudwatch_event_rule.ended[0].event_pattern}."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.ended[0].arn == var.ended.function.alias_arn
      && aws_cloudwatch_event_target.ended[0].rule == aws_cloudwatch_event_rule.ended[0].name
      && aws_lambda_permission.ended[0].qualifier == "live"
      && aws_lambda_permission.ended[0].principal == "events.amazonaws.com"
      && aws_lambda_permission.ended[0].source_arn == aws_cloudwatch_event_rule.ended[0].arn
    )
    error_message = "The rule does not call the alias, or others may."
  }
}

run "tells_nobody_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_event_rule.ended) + length(aws_cloudwatch_event_target.ended) + length(aws_lambda_permission.ended) == 0
    error_message = "Somebody is told of executions that ended."
  }
}

run "rings_on_every_bad_end_and_on_throttles" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { failed = 1, timed_out = 2, aborted = 3, throttled = 4, period_seconds = 60 }
    runbooks_url  = "https://wiki.example.com/runbooks"
  }

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.this : name => [alarm.alarm_name, alarm.namespace, alarm.metric_name, tostring(alarm.threshold), tostring(alarm.period), alarm.treat_missing_data]
      } == {
      aborted   = ["example-greetings-executions-aborted", "AWS/States", "ExecutionsAborted", "3", "60", "notBreaching"]
      failed    = ["example-greetings-executions-failed", "AWS/States", "ExecutionsFailed", "1", "60", "notBreaching"]
      throttled = ["example-greetings-executions-throttled", "AWS/States", "ExecutionThrottled", "4", "60", "notBreaching"]
      timed-out = ["example-greetings-executions-timed-out", "AWS/States", "ExecutionsTimedOut", "2", "60", "notBreaching"]
    }
    error_message = "An alarm watches something else."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["aborted", "failed", "throttled", "timed_out"])
    error_message = "The alarms are ${join(", ", keys(output.alarm_arns))}."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"]) && alarm.ok_actions == alarm.alarm_actions
      && endswith(alarm.alarm_description, ". Runbook: https://wiki.example.com/runbooks/${name == "throttled" ? "execution-throttled" : "execution-failed"}.md")
    ])
    error_message = "An alarm tells nobody, or names no runbook."
  }
}

run "has_no_alarms_where_asked" {
  command = plan

  variables {
    alarms_enabled = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "There are alarms."
  }
}

run "draws_itself_for_a_dashboard" {
  command = plan

  assert {
    condition     = length(output.dashboard_widgets) == 2 && alltrue([for widget in output.dashboard_widgets : widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    error_message = "The widgets are not 2, each with its metrics and their region."
  }
}
