mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-orders"
  hash_key    = { name = "customerId" }
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "is_paid_by_request_protected_recoverable_and_encrypted_by_default" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table is not paid by request."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled && one(aws_dynamodb_table.this.point_in_time_recovery).enabled
    error_message = "The table can be deleted, or not restored, by default."
  }

  assert {
    condition = (
      one(aws_dynamodb_table.this.server_side_encryption).enabled
      && one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn
    )
    error_message = "The table is not encrypted with the key that was given."
  }
}

run "has_a_partition_key_alone_and_keeps_items_for_ever_by_default" {
  command = plan

  assert {
    condition = (
      aws_dynamodb_table.this.hash_key == "customerId" && aws_dynamodb_table.this.range_key == null
      && { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { customerId = "S" }
    )
    error_message = "The key is not one string attribute."
  }

  assert {
    condition     = length([for ttl in aws_dynamodb_table.this.ttl : ttl if ttl.enabled]) == 0
    error_message = "Items expire without anybody having asked for it."
  }
}

run "has_a_sort_key_and_an_expiry_where_given" {
  command = plan

  variables {
    range_key     = { name = "placedAt", type = "N" }
    ttl_attribute = "expiresAt"
  }

  assert {
    condition = (
      aws_dynamodb_table.this.range_key == "placedAt"
      && { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { customerId = "S", placedAt = "N" }
    )
    error_message = "The sort key is not as given."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "expiresAt"
    error_message = "Items do not expire by the attribute that was given."
  }
}

run "can_be_cheap_and_disposable_where_asked" {
  command = plan

  variables {
    deletion_protection    = false
    point_in_time_recovery = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled && !one(aws_dynamodb_table.this.point_in_time_recovery).enabled
    error_message = "Protection and recovery stay on."
  }
}

run "tells_who_is_to_be_told_of_throttles_and_errors" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { write_throttles = 5, operations = ["Query", "UpdateItem"], breaching_minutes = 2, evaluation_minutes = 3 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.throttles["write_throttles"].metric_name == "WriteThrottleEvents"
      && aws_cloudwatch_metric_alarm.throttles["write_throttles"].threshold == 5
      && aws_cloudwatch_metric_alarm.throttles["read_throttles"].metric_name == "ReadThrottleEvents"
      && aws_cloudwatch_metric_alarm.throttles["read_throttles"].threshold == 0
    )
    error_message = "Throttled reads and writes do not ring as they were told to."
  }

  assert {
    condition = toset([
      for query in aws_cloudwatch_metric_alarm.system_errors[0].metric_query : one(query.metric).dimensions.Operation
      if length(query.metric) > 0
    ]) == toset(["Query", "UpdateItem"])
    error_message = "System errors are not counted over the operations that were named."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.throttles), aws_cloudwatch_metric_alarm.system_errors) :
      alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"]) && alarm.ok_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
      && alarm.datapoints_to_alarm == 2 && alarm.evaluation_periods == 3
    ])
    error_message = "An alarm does not notify the topic, or not when it was told to."
  }
}

run "returns_its_alarms" {
  assert {
    condition     = keys(output.alarm_arns) == ["read_throttles", "system_errors", "write_throttles"]
    error_message = "alarm_arns is ${jsonencode(output.alarm_arns)}."
  }
}

run "an_alarm_names_no_runbook_that_nobody_has" {
  command = plan

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.system_errors[0].alarm_description, ".")
    error_message = "The description goes on after its sentence."
  }
}

run "an_alarm_names_its_runbook" {
  command = plan

  variables {
    runbooks_url = "https://wiki.example.com/runbooks"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.system_errors[0].alarm_description, ". Runbook: https://wiki.example.com/runbooks/table-system-errors.md")
    error_message = "The description ends otherwise: ${aws_cloudwatch_metric_alarm.system_errors[0].alarm_description}"
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

run "shortens_alarm_names_that_cloudwatch_would_not_take" {
  command = plan

  variables {
    name                = join("", [for number in range(51) : "table"])
    deletion_protection = false
  }

  assert {
    condition     = length(var.name) == 255 && max([for alarm in concat(aws_cloudwatch_metric_alarm.system_errors, values(aws_cloudwatch_metric_alarm.throttles)) : length(alarm.alarm_name)]...) <= 255
    error_message = "An alarm's name is longer than 255 characters."
  }
}

run "has_indexes_and_declares_each_attribute_once" {
  command = plan

  variables {
    name                = "example-sales"
    deletion_protection = false
    range_key           = { name = "placedAt", type = "N" }
    indexes = {
      byStatus  = { hash_key = { name = "status" }, range_key = { name = "placedAt", type = "N" }, projection_type = "INCLUDE", non_key_attributes = ["total", "city"] }
      byCourier = { hash_key = { name = "courier" }, range_key = { name = "status" }, projection_type = "KEYS_ONLY" }
      byCity    = { hash_key = { name = "city" } }
    }
  }

  assert {
    condition = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == {
      city = "S", courier = "S", customerId = "S", placedAt = "N", status = "S"
    }
    error_message = "The attributes are ${jsonencode(aws_dynamodb_table.this.attribute)}."
  }

  assert {
    condition = jsonencode({
      for index in aws_dynamodb_table.this.global_secondary_index :
      index.name => [index.hash_key, index.range_key, index.projection_type, index.non_key_attributes]
      }) == jsonencode({
      byCity    = ["city", null, "ALL", null]
      byCourier = ["courier", "status", "KEYS_ONLY", null]
      byStatus  = ["status", "placedAt", "INCLUDE", ["city", "total"]]
    })
    error_message = "The indexes are ${jsonencode(aws_dynamodb_table.this.global_secondary_index)}."
  }
}

run "tells_of_throttles_of_each_index" {
  variables {
    indexes       = { byStatus = { hash_key = { name = "status" } } }
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { write_throttles = 5 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.throttles["byStatus.write_throttles"].dimensions == tomap({ TableName = "example-orders", GlobalSecondaryIndexName = "byStatus" })
      && aws_cloudwatch_metric_alarm.throttles["byStatus.write_throttles"].threshold == 5
      && aws_cloudwatch_metric_alarm.throttles["byStatus.write_throttles"].alarm_name == "example-orders-write-throttles@byStatus"
      && aws_cloudwatch_metric_alarm.throttles["byStatus.read_throttles"].metric_name == "ReadThrottleEvents"
    )
    error_message = "The index's throttles do not ring as the table's."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.throttles["write_throttles"].dimensions == tomap({ TableName = "example-orders" })
    error_message = "The table's alarm watches an index."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["byStatus.read_throttles", "byStatus.write_throttles", "read_throttles", "system_errors", "write_throttles"])
    error_message = "alarm_arns is ${jsonencode(output.alarm_arns)}."
  }
}

run "draws_what_each_index_uses" {
  command = plan

  variables {
    indexes = { byStatus = { hash_key = { name = "status" } } }
  }

  assert {
    condition = alltrue([
      for widget in output.dashboard_widgets :
      length(widget.properties.metrics) == 4
      && length([for line in widget.properties.metrics : line if try(line[4] == "GlobalSecondaryIndexName" && line[5] == "byStatus", false)]) == 2
    ])
    error_message = "The widgets are ${jsonencode(output.dashboard_widgets)}."
  }
}

run "shortens_an_indexs_alarm_names_that_cloudwatch_would_not_take" {
  command = plan

  variables {
    indexes = { for letter in ["a", "b"] : "${join("", [for number in range(50) : "index"])}-${letter}" => { hash_key = { name = "status" } } }
  }

  assert {
    condition = (
      length(distinct([for alarm in aws_cloudwatch_metric_alarm.throttles : alarm.alarm_name])) == 6
      && max([for alarm in aws_cloudwatch_metric_alarm.throttles : length(alarm.alarm_name)]...) == 255
    )
    error_message = "The alarms are ${jsonencode([for alarm in aws_cloudwatch_metric_alarm.throttles : alarm.alarm_name])}."
  }
}

run "refuses_a_key_of_two_types" {
  command = plan

  variables {
    indexes = {
      byCategory = { hash_key = { name = "category" }, range_key = { name = "placedAt" } }
      byAge      = { hash_key = { name = "shelf" }, range_key = { name = "placedAt", type = "N" } }
    }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_a_key_of_another_type_than_the_tables" {
  command = plan

  variables {
    indexes = { byId = { hash_key = { name = "customerId", type = "N" } } }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "has_no_stream_and_no_bound_by_default" {
  command = plan


  assert {
    condition     = length(aws_dynamodb_table.this.on_demand_throughput) == 0 && output.stream_arn == null
    error_message = "There is a stream or a bound."
  }
}

run "has_a_stream_and_a_bound_where_asked" {
  command = plan

  variables {
    stream_view_type      = "NEW_IMAGE"
    maximum_request_units = { write = 50 }
  }

  assert {
    condition = (
      aws_dynamodb_table.this.stream_enabled && aws_dynamodb_table.this.stream_view_type == "NEW_IMAGE"
      && aws_dynamodb_table.this.on_demand_throughput[0].max_write_request_units == 50
      && aws_dynamodb_table.this.on_demand_throughput[0].max_read_request_units == -1
    )
    error_message = "The stream or the bound is not passed on."
  }
}

run "has_no_alarms_where_asked" {
  command = plan

  variables {
    alarms_enabled = false
    indexes        = { byStatus = { hash_key = { name = "status" } } }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.throttles) + length(aws_cloudwatch_metric_alarm.system_errors) == 0 && length(output.alarm_arns) == 0
    error_message = "There are alarms."
  }
}
