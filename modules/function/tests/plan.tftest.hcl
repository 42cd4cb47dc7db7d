mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-orders"
  handler     = "orders.handler.handler"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  # Any file will do: a plan only hashes it.
  artifact = { path = "./main.tf" }
}

run "runs_python_on_arm_with_a_published_version_behind_live" {
  command = plan

  assert {
    condition = (
      aws_lambda_function.this.runtime == "python3.13"
      && aws_lambda_function.this.architectures == tolist(["arm64"])
      && aws_lambda_function.this.publish
    )
    error_message = "The default is not a published python3.13 on arm64."
  }

  assert {
    condition     = aws_lambda_alias.live.name == "live" && output.alias_name == "live"
    error_message = "There is no alias live."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("./main.tf")
    error_message = "A change is not told by the bytes of the artifact."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == null || aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Concurrency is reserved without being asked for."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "Traces are sampled, and billed, without being asked for."
  }
}

run "logs_json_into_an_encrypted_group_of_its_own" {
  command = plan

  variables {
    log = { retention_days = 30, level = "DEBUG" }
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.this.name == "/aws/lambda/example-orders"
      && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
      && aws_cloudwatch_log_group.this.retention_in_days == 30
    )
    error_message = "The log group is not the function's own, encrypted, and kept as long as asked."
  }

  assert {
    condition = (
      one(aws_lambda_function.this.logging_config).log_format == "JSON"
      && one(aws_lambda_function.this.logging_config).application_log_level == "DEBUG"
      && one(aws_lambda_function.this.logging_config).system_log_level == "WARN"
      && one(aws_lambda_function.this.logging_config).log_group == "/aws/lambda/example-orders"
    )
    error_message = "The function does not log JSON from the level asked for."
  }
}

run "encrypts_its_environment" {
  command = plan

  variables {
    environment = { TABLE = "orders" }
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key_arn && one(aws_lambda_function.this.environment).variables == tomap({ TABLE = "orders" })
    error_message = "The environment is not passed on, or not encrypted with the key."
  }
}

run "asks_for_no_key_without_an_environment" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null && length(aws_lambda_function.this.environment) == 0
    error_message = "A function without an environment takes a key for it."
  }
}

run "reserves_concurrency_where_asked" {
  command = plan

  variables {
    reserved_concurrency = 5
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 5
    error_message = "The reservation is not passed on."
  }
}

run "rings_on_errors_throttles_and_a_near_timeout" {
  command = plan

  variables {
    timeout_seconds = 20
    alarm_actions   = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms          = { errors = 3, duration_share = 0.5 }
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["errors", "throttles", "duration"])
    error_message = "The alarms are ${join(", ", keys(output.alarm_arns))}."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["errors"].threshold == 3
      && aws_cloudwatch_metric_alarm.this["errors"].statistic == "Sum"
      && aws_cloudwatch_metric_alarm.this["throttles"].threshold == 0
    )
    error_message = "Errors and throttles are not counted against their thresholds."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["duration"].extended_statistic == "p99"
      && aws_cloudwatch_metric_alarm.this["duration"].threshold == 10000
    )
    error_message = "The duration alarm is not at half of the 20 s, in milliseconds."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.treat_missing_data == "notBreaching"
      && alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
      && alarm.ok_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
      && alarm.dimensions == tomap({ FunctionName = "example-orders" })
    ])
    error_message = "An alarm rings without data, tells nobody, or watches another function."
  }
}

run "an_alarm_names_no_runbook_that_nobody_has" {
  command = plan

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.this["errors"].alarm_description, ".")
    error_message = "The description goes on after its sentence."
  }
}

run "an_alarm_names_its_runbook" {
  command = plan

  variables {
    runbooks_url = "https://wiki.example.com/runbooks"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.this["errors"].alarm_description, ". Runbook: https://wiki.example.com/runbooks/function-errors.md")
    error_message = "The description ends otherwise: ${aws_cloudwatch_metric_alarm.this["errors"].alarm_description}"
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

run "moves_to_the_newest_version_without_a_canary" {
  command = plan

  assert {
    condition     = length(aws_lambda_alias.live.routing_config) == 0 && length(aws_cloudwatch_metric_alarm.canary_errors) == 0
    error_message = "Something is being tried without being asked for."
  }
}

run "stays_on_a_version_and_tries_the_newest_on_a_share" {
  command = plan

  variables {
    canary = { version = "7", weight = 0.1 }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "7" && length(aws_lambda_alias.live.routing_config) == 1
    error_message = "The alias does not stay, or tries nothing."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.canary_errors[0].alarm_name == "example-orders-canary-errors"
    error_message = "The version that is being tried has no alarm of its own."
  }
}

run "weighs_the_newest_version_and_watches_it_alone" {
  variables {
    canary = { version = "7", weight = 0.1 }
  }

  override_resource {
    target = aws_lambda_function.this
    values = { version = "8" }
  }

  assert {
    condition     = aws_lambda_alias.live.routing_config[0].additional_version_weights == tomap({ "8" = 0.1 })
    error_message = "The newest version does not get its share."
  }

  assert {
    condition = aws_cloudwatch_metric_alarm.canary_errors[0].dimensions == tomap({
      FunctionName    = "example-orders"
      Resource        = "example-orders:live"
      ExecutedVersion = "8"
    })
    error_message = "The alarm does not watch the newest version alone."
  }

  assert {
    condition     = contains(keys(output.alarm_arns), "canary_errors") && output.version == "8"
    error_message = "The alarm, or the newest version, is not put out."
  }
}

run "is_rolled_back_by_a_weight_of_nothing" {
  command = plan

  variables {
    canary = { version = "7", weight = 0 }
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "7" && length(aws_lambda_alias.live.routing_config) == 0
    error_message = "The alias does not give every call to version 7."
  }
}

run "refuses_to_try_a_version_beside_itself" {
  command = plan

  variables {
    canary = { version = "8", weight = 0.1 }
  }

  override_resource {
    target = aws_lambda_function.this
    values = { version = "8" }
  }

  expect_failures = [aws_lambda_alias.live]
}

run "names_its_role_for_its_region_too" {
  command = plan

  assert {
    condition     = aws_iam_role.this[0].name == "example-orders@us-east-1"
    error_message = "The role is ${aws_iam_role.this[0].name}: a function of this name in another region would have the same."
  }
}

run "shortens_the_name_of_a_role_that_iam_would_not_take" {
  command = plan

  variables {
    name = join("", [for number in range(8) : "orders-x"])
  }

  assert {
    condition     = aws_iam_role.this[0].name == "${substr(var.name, 0, 45)}+${substr(sha1(var.name), 0, 8)}@us-east-1" && length(aws_iam_role.this[0].name) == 64
    error_message = "The role is ${aws_iam_role.this[0].name}."
  }
}

run "runs_without_alarms_where_asked" {
  command = plan

  variables {
    alarms_enabled = false
    canary         = { version = "7", weight = 0.1 }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_metric_alarm.canary_errors) == 0 && length(output.alarm_arns) == 0
    error_message = "There are alarms."
  }
}

run "runs_an_object_of_a_bucket_by_its_version" {
  command = plan

  variables {
    artifact = { s3 = { bucket = "example", key = "orders.zip", version = "1" } }
  }

  assert {
    condition = (
      aws_lambda_function.this.s3_bucket == "example" && aws_lambda_function.this.s3_key == "orders.zip"
      && aws_lambda_function.this.s3_object_version == "1" && aws_lambda_function.this.filename == null
      && aws_lambda_function.this.package_type == "Zip"
    )
    error_message = "The object is not what is run."
  }
}

run "runs_an_image" {
  command = plan

  variables {
    artifact = { image_uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/orders:1" }
    handler  = null
  }

  assert {
    condition = (
      aws_lambda_function.this.package_type == "Image" && aws_lambda_function.this.image_uri == var.artifact.image_uri
      && aws_lambda_function.this.runtime == null && aws_lambda_function.this.handler == null
    )
    error_message = "The image is not what is run, or has a runtime of ours."
  }
}

run "runs_any_runtime" {
  command = plan

  variables {
    runtime = "provided.al2023"
    handler = "bootstrap"
  }

  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.handler == "bootstrap"
    error_message = "Runtime and handler are not passed on."
  }
}

run "has_layers_storage_and_a_place_in_a_vpc" {
  command = plan

  variables {
    layers               = ["arn:aws:lambda:us-east-1:111122223333:layer:tools:3"]
    ephemeral_storage_mb = 1024
    vpc                  = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = (
      aws_lambda_function.this.layers == tolist(["arn:aws:lambda:us-east-1:111122223333:layer:tools:3"])
      && aws_lambda_function.this.ephemeral_storage[0].size == 1024
      && aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"])
      && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-1"])
    )
    error_message = "Layers, storage and VPC are not passed on."
  }
}

run "is_outside_of_a_vpc_by_default" {
  command = plan


  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && aws_lambda_function.this.ephemeral_storage[0].size == 512
    error_message = "The function is in a VPC, or has storage that is paid for."
  }
}

run "runs_with_a_role_of_somebody_else" {
  command = plan

  variables {
    existing_role = { arn = "arn:aws:iam::111122223333:role/teams/orders" }
  }

  assert {
    condition = (
      length(aws_iam_role.this) + length(aws_iam_role_policy.this) + length(aws_iam_role_policy_attachment.this) == 0
      && aws_lambda_function.this.role == "arn:aws:iam::111122223333:role/teams/orders"
      && output.role_arn == aws_lambda_function.this.role && output.role_name == "orders"
    )
    error_message = "The role is not the given one, or something is attached to it."
  }
}

run "makes_its_role_on_a_path_with_managed_policies" {
  command = plan

  variables {
    role_path           = "/teams/orders/"
    managed_policy_arns = { insights = "arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy" }
  }

  assert {
    condition     = aws_iam_role.this[0].path == "/teams/orders/" && aws_iam_role_policy_attachment.this["insights"].policy_arn == "arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy"
    error_message = "The path or the policy is not passed on."
  }
}

run "keeps_no_event_that_failed_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "Events that failed go somewhere."
  }
}

run "puts_what_its_alias_failed_with_into_a_bucket" {
  command = plan

  variables {
    on_failure = {
      bucket_arn  = "arn:aws:s3:::example-failures"
      kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555"
    }
  }

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.this[0].qualifier == "live"
      && one(one(aws_lambda_function_event_invoke_config.this[0].destination_config).on_failure).destination == "arn:aws:s3:::example-failures"
      && contains(flatten([for statement in data.aws_iam_policy_document.this.statement : tolist(statement.resources) if statement.sid == "EncryptFailedEvents"]), "arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555")
    )
    error_message = "The destination is ${jsonencode(aws_lambda_function_event_invoke_config.this[0].destination_config)}."
  }
}
