mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-letters"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  function = {
    name            = "example-letters"
    alias_arn       = "arn:aws:lambda:us-east-1:111122223333:function:example-letters:live"
    role_name       = "example-letters"
    timeout_seconds = 20
  }
  policy_statements = {
    decrypt = {
      actions   = ["kms:Decrypt"]
      resources = ["arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"]
    }
  }
}

run "hides_a_message_for_six_timeouts_and_the_window" {
  command = plan

  variables {
    batching_window_seconds = 5
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 125 && output.visibility_timeout_seconds == 125
    error_message = "A message is hidden for ${aws_sqs_queue.this.visibility_timeout_seconds} s."
  }
}

run "reports_what_failed_to_the_alias" {
  command = plan

  variables {
    maximum_concurrency = 5
    filter_patterns     = ["{}"]
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.this.function_response_types == toset(["ReportBatchItemFailures"])
      && aws_lambda_event_source_mapping.this.function_name == var.function.alias_arn
      && aws_lambda_event_source_mapping.this.batch_size == 10
      && aws_lambda_event_source_mapping.this.scaling_config[0].maximum_concurrency == 5
      && length(aws_lambda_event_source_mapping.this.filter_criteria) == 1
    )
    error_message = "The mapping is not as asked."
  }
}

run "encrypts_both_queues_with_the_key" {
  command = plan


  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letters] : queue.kms_master_key_id == var.kms_key_arn
    ]) && aws_sqs_queue.dead_letters.name == "example-letters-dead-letters" && aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "A queue is not encrypted with the key, or the dead letters are not kept."
  }
}

run "gives_a_message_up_after_five_receives" {

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy) == { deadLetterTargetArn = aws_sqs_queue.dead_letters.arn, maxReceiveCount = 5 }
    error_message = "The redrive policy is ${aws_sqs_queue.this.redrive_policy}."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letters.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.this.arn] }
    error_message = "Another queue may send its dead letters here."
  }
}

run "rings_on_age_and_on_the_first_dead_letter" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { age_seconds = 60, evaluation_periods = 5 }
    runbooks_url  = "https://wiki.example.com/runbooks"
  }

  assert {
    condition = (
      toset(keys(output.alarm_arns)) == toset(["age", "dead_letters"])
      && aws_cloudwatch_metric_alarm.this["age"].threshold == 60 && aws_cloudwatch_metric_alarm.this["age"].evaluation_periods == 5
      && aws_cloudwatch_metric_alarm.this["age"].dimensions == tomap({ QueueName = "example-letters" })
      && aws_cloudwatch_metric_alarm.this["dead-letters"].threshold == 0
      && aws_cloudwatch_metric_alarm.this["dead-letters"].dimensions == tomap({ QueueName = "example-letters-dead-letters" })
    )
    error_message = "An alarm watches something else."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"]) && alarm.ok_actions == alarm.alarm_actions
      && endswith(alarm.alarm_description, ". Runbook: https://wiki.example.com/runbooks/queue-${name}.md")
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

run "leaves_a_role_of_somebody_else_alone" {
  command = plan

  variables {
    function = {
      name            = "f"
      alias_arn       = "arn:aws:lambda:us-east-1:111122223333:function:f:live"
      role_name       = "f"
      timeout_seconds = 20
      attach_policy   = false
    }
  }

  assert {
    condition     = length(aws_iam_role_policy.this) == 0
    error_message = "The role gets a policy."
  }
}
