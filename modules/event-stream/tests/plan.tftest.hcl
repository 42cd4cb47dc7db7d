mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-clicks"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "is_one_encrypted_shard_that_keeps_a_day_by_default" {
  command = plan

  assert {
    condition = (
      aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "PROVISIONED"
      && aws_kinesis_stream.this.shard_count == 1
      && aws_kinesis_stream.this.retention_period == 24
    )
    error_message = "The default is not one provisioned shard with a day of retention."
  }

  assert {
    condition     = aws_kinesis_stream.this.encryption_type == "KMS" && aws_kinesis_stream.this.kms_key_id == var.kms_key_arn
    error_message = "The stream is not encrypted with the key that was given."
  }
}

run "is_on_demand_without_a_shard_count" {
  command = plan

  variables {
    shard_count = null
  }

  assert {
    condition     = aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "No shard count did not mean on-demand capacity."
  }
}

run "keeps_a_year_on_many_shards_where_asked" {
  command = plan

  variables {
    shard_count     = 12
    retention_hours = 8760
  }

  assert {
    condition     = aws_kinesis_stream.this.shard_count == 12 && output.retention_hours == 8760
    error_message = "Shards and retention are not as given."
  }
}

run "tells_who_is_to_be_told_of_refused_writes" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { write_throttles = 10, breaching_minutes = 2, evaluation_minutes = 5 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.write_throttles[0].metric_name == "WriteProvisionedThroughputExceeded"
      && aws_cloudwatch_metric_alarm.write_throttles[0].dimensions == tomap({ StreamName = "example-clicks" })
    )
    error_message = "The alarm does not watch this stream's refused writes."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.write_throttles[0].threshold == 10
      && aws_cloudwatch_metric_alarm.write_throttles[0].datapoints_to_alarm == 2
      && aws_cloudwatch_metric_alarm.write_throttles[0].evaluation_periods == 5
    )
    error_message = "The alarm does not ring when it was told to."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.write_throttles[0].alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
      && aws_cloudwatch_metric_alarm.write_throttles[0].ok_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
    )
    error_message = "The alarm does not notify the topic when it rings and when it is over."
  }
}

run "returns_its_alarms" {
  assert {
    condition     = output.alarm_arns == { write_throttles = aws_cloudwatch_metric_alarm.write_throttles[0].arn }
    error_message = "alarm_arns is ${jsonencode(output.alarm_arns)}."
  }
}

run "an_alarm_names_no_runbook_that_nobody_has" {
  command = plan

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.write_throttles[0].alarm_description, ".")
    error_message = "The description goes on after its sentence."
  }
}

run "an_alarm_names_its_runbook" {
  command = plan

  variables {
    runbooks_url = "https://wiki.example.com/runbooks"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.write_throttles[0].alarm_description, ". Runbook: https://wiki.example.com/runbooks/stream-write-throttles.md")
    error_message = "The description ends otherwise: ${aws_cloudwatch_metric_alarm.write_throttles[0].alarm_description}"
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

run "makes_no_alarm_where_they_are_off" {
  command = plan

  variables {
    alarms_enabled = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.write_throttles) == 0 && output.alarm_arns == {}
    error_message = "There are alarms: ${join(", ", keys(output.alarm_arns))}."
  }
}
