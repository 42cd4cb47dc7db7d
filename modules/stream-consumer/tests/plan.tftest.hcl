mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  function = {
    name      = "example-orders"
    alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:example-orders:live"
    role_name = "example-orders"
  }
  stream = {
    arn             = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"
    name            = "example-clicks"
    retention_hours = 24
  }
  policy_statements = {
    read_stream = {
      actions   = ["kinesis:GetRecords"]
      resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
    }
  }
  failure_destination = { bucket_arn = "arn:aws:s3:::example-failures" }
}

run "keeps_a_shard_in_order_and_reports_what_failed" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.this.parallelization_factor == 1,
      aws_lambda_event_source_mapping.this.function_response_types == toset(["ReportBatchItemFailures"]),
      aws_lambda_event_source_mapping.this.bisect_batch_on_function_error,
      aws_lambda_event_source_mapping.this.maximum_retry_attempts == -1,
      aws_lambda_event_source_mapping.this.starting_position == "TRIM_HORIZON",
    ])
    error_message = "The defaults are not one invocation a shard, partial responses, bisection, unlimited retries, from the oldest record on."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.function_name == var.function.alias_arn
    error_message = "The mapping does not trigger the alias."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn == "arn:aws:s3:::example-failures"
    error_message = "What is given up goes nowhere."
  }
}

run "gives_up_an_hour_before_the_stream_forgets" {
  command = plan

  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == 82800 && output.maximum_record_age_seconds == 82800
    error_message = "A record of a stream with 24 h is given up at ${aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds} s."
  }
}

run "gives_up_after_the_seven_days_that_lambda_allows" {
  command = plan

  variables {
    stream = {
      arn             = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"
      name            = "example-clicks"
      retention_hours = 8760
    }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == 604800
    error_message = "A record of a stream with a year is given up at ${aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds} s."
  }
}

run "gives_up_when_told_to" {
  command = plan

  variables {
    maximum_record_age_seconds = 600
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == 600
    error_message = "The age is not passed on."
  }
}

run "reads_a_shard_side_by_side_for_an_order_free_consumer" {
  command = plan

  variables {
    parallelization_factor = 10
    order_free             = true
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.parallelization_factor == 10
    error_message = "The factor is not passed on."
  }
}

run "filters_where_asked" {
  command = plan

  variables {
    filter_patterns = ["{\"partitionKey\":[\"1\"]}"]
  }

  assert {
    condition     = [for filter in aws_lambda_event_source_mapping.this.filter_criteria[0].filter : filter.pattern] == ["{\"partitionKey\":[\"1\"]}"]
    error_message = "The filter is not passed on."
  }
}

run "rings_when_it_falls_behind_and_when_it_gives_up" {
  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { iterator_age_seconds = 60, evaluation_periods = 5 }
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["iterator_age", "given_up", "dropped"])
    error_message = "The alarms are ${join(", ", keys(output.alarm_arns))}."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.iterator_age[0].threshold == 60000
      && aws_cloudwatch_metric_alarm.iterator_age[0].statistic == "Maximum"
      && aws_cloudwatch_metric_alarm.iterator_age[0].evaluation_periods == 5
    )
    error_message = "The oldest record's age is not held against 60 s, in milliseconds."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.given_up :
      alarm.threshold == 0 && alarm.dimensions == tomap({ EventSourceMappingUUID = output.uuid })
    ])
    error_message = "An alarm does not ring at the first record that this mapping gives up."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.metrics_config[0].metrics == toset(["EventCount"])
    error_message = "The mapping does not publish the metrics that the alarms watch."
  }

  assert {
    condition = alltrue([
      for alarm in concat(aws_cloudwatch_metric_alarm.iterator_age, values(aws_cloudwatch_metric_alarm.given_up)) :
      alarm.treat_missing_data == "notBreaching" && alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
    ])
    error_message = "An alarm rings without data, or tells nobody."
  }
}

run "an_alarm_names_no_runbook_that_nobody_has" {
  command = plan

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.given_up["dropped"].alarm_description, ".")
    error_message = "The description goes on after its sentence."
  }
}

run "an_alarm_names_its_runbook" {
  command = plan

  variables {
    runbooks_url = "https://wiki.example.com/runbooks"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.given_up["dropped"].alarm_description, ". Runbook: https://wiki.example.com/runbooks/consumer-dropped.md")
    error_message = "The description ends otherwise: ${aws_cloudwatch_metric_alarm.given_up["dropped"].alarm_description}"
  }
}

run "draws_itself_for_a_dashboard" {
  command = plan

  assert {
    condition = (
      length(output.dashboard_widgets) == 2
      && alltrue([for widget in output.dashboard_widgets : widget.type == "metric" && widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    )
    error_message = "The widgets are not 2, each with its metrics and their region."
  }
}

run "waits_off_the_stream_where_asked" {
  command = plan

  variables {
    enabled = false
  }

  assert {
    condition     = !aws_lambda_event_source_mapping.this.enabled && aws_lambda_event_source_mapping.this.starting_position == "TRIM_HORIZON"
    error_message = "The mapping reads the stream, or would not begin at its oldest record."
  }
}

run "shares_no_name_with_a_consumer_of_the_same_function" {
  command = plan

  assert {
    condition = (
      aws_iam_role_policy.this[0].name == "consume-example-clicks"
      && aws_cloudwatch_metric_alarm.iterator_age[0].alarm_name == "example-orders-iterator-age@example-clicks"
      && aws_cloudwatch_metric_alarm.given_up["given-up"].alarm_name == "example-orders-given-up@example-clicks"
    )
    error_message = "The policy is ${aws_iam_role_policy.this[0].name}, the alarm ${aws_cloudwatch_metric_alarm.iterator_age[0].alarm_name}."
  }
}

run "tells_streams_of_one_name_apart_by_their_accounts" {
  command = plan

  variables {
    stream = {
      arn             = "arn:aws:kinesis:us-east-1:444455556666:stream/example-clicks"
      name            = "example-clicks"
      retention_hours = 24
    }
  }

  assert {
    condition = (
      aws_iam_role_policy.this[0].name == "consume-example-clicks@444455556666"
      && aws_cloudwatch_metric_alarm.iterator_age[0].alarm_name == "example-orders-iterator-age@example-clicks@444455556666"
    )
    error_message = "The policy is ${aws_iam_role_policy.this[0].name}, the alarm ${aws_cloudwatch_metric_alarm.iterator_age[0].alarm_name}."
  }
}

run "shortens_the_name_of_a_policy_that_iam_would_not_take" {
  command = plan

  variables {
    stream = {
      arn             = "arn:aws:kinesis:us-east-1:111122223333:stream/${join("", [for number in range(16) : "clicks-x"])}"
      name            = join("", [for number in range(16) : "clicks-x"])
      retention_hours = 24
    }
  }

  assert {
    condition     = aws_iam_role_policy.this[0].name == "${substr("consume-${var.stream.name}", 0, 119)}+${substr(sha1("consume-${var.stream.name}"), 0, 8)}" && length(aws_iam_role_policy.this[0].name) == 128
    error_message = "The policy is ${aws_iam_role_policy.this[0].name}."
  }
}

run "shares_the_streams_reads_by_default" {
  command = plan

  assert {
    condition     = length(aws_kinesis_stream_consumer.this) == 0 && aws_lambda_event_source_mapping.this.event_source_arn == var.stream.arn && output.consumer_arn == null
    error_message = "The mapping reads ${aws_lambda_event_source_mapping.this.event_source_arn}."
  }
}

run "reads_by_a_consumer_of_its_own_where_asked" {
  variables {
    fan_out = true
  }

  override_resource {
    target = aws_kinesis_stream_consumer.this
    values = { arn = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks/consumer/example-orders:1700000000" }
  }

  assert {
    condition = (
      aws_kinesis_stream_consumer.this[0].name == "example-orders"
      && aws_kinesis_stream_consumer.this[0].stream_arn == var.stream.arn
      && aws_lambda_event_source_mapping.this.event_source_arn == "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks/consumer/example-orders:1700000000"
      && output.consumer_arn == aws_lambda_event_source_mapping.this.event_source_arn
    )
    error_message = "The mapping reads ${aws_lambda_event_source_mapping.this.event_source_arn}."
  }
}

run "tells_functions_of_one_name_apart_by_their_accounts" {
  command = plan

  variables {
    fan_out = true
    stream = {
      arn             = "arn:aws:kinesis:us-east-1:444455556666:stream/example-clicks"
      name            = "example-clicks"
      retention_hours = 24
    }
  }

  assert {
    condition     = aws_kinesis_stream_consumer.this[0].name == "example-orders.111122223333"
    error_message = "The consumer is ${aws_kinesis_stream_consumer.this[0].name}."
  }
}

run "has_no_alarms_where_asked" {
  command = plan

  variables {
    alarms_enabled = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.iterator_age) + length(aws_cloudwatch_metric_alarm.given_up) == 0 && length(output.alarm_arns) == 0
    error_message = "There are alarms."
  }
}

run "reads_a_tables_stream_under_names_of_its_own" {
  command = plan

  variables {
    stream = {
      arn  = "arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/2026-01-01T00:00:00.000"
      name = "example-clicks"
    }
    policy_statements = {
      read_stream = {
        actions   = ["dynamodb:GetRecords"]
        resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/*"]
      }
    }
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.this.event_source_arn == var.stream.arn
      && aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == 82800
      && aws_iam_role_policy.this[0].name == "consume-table=example-clicks"
      && aws_cloudwatch_metric_alarm.iterator_age[0].alarm_name == "example-orders-iterator-age@table=example-clicks"
    )
    error_message = "The policy is ${aws_iam_role_policy.this[0].name}, the alarm ${aws_cloudwatch_metric_alarm.iterator_age[0].alarm_name}."
  }
}

run "sends_what_is_given_up_to_a_queue" {
  command = plan

  variables {
    failure_destination = { queue_arn = "arn:aws:sqs:us-east-1:111122223333:failures" }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn == "arn:aws:sqs:us-east-1:111122223333:failures"
    error_message = "What is given up does not go to the queue."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.given_up["given-up"].alarm_description, "says where they were on the stream")
    error_message = "The alarm says that the queue has the records."
  }
}

run "leaves_a_role_of_somebody_else_alone" {
  command = plan

  variables {
    function = {
      name          = "example-orders"
      alias_arn     = "arn:aws:lambda:us-east-1:111122223333:function:example-orders:live"
      role_name     = "example-orders"
      attach_policy = false
    }
  }

  assert {
    condition     = length(aws_iam_role_policy.this) == 0
    error_message = "The role gets a policy."
  }
}
