# Known before the machine is: its role and its key are held to it.
locals {
  log_group = provider::aws::arn_parse(aws_cloudwatch_log_group.this.arn)
  here      = "${local.log_group.region}:${local.log_group.account_id}"
  arn       = "arn:${local.log_group.partition}:states:${local.here}:stateMachine:${var.name}"
}

# Under /aws/vendedlogs/, where log deliveries share one resource policy however many groups there are:
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the caller's decision; the default is a year.
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_284:X-Ray is not set up by this module; a function's own tracing_mode follows its caller.
  #checkov:skip=CKV_AWS_285:Errors are logged. What goes in and out of a state may be personal, and stays in the execution's encrypted history.
  name       = var.name
  role_arn   = aws_iam_role.this.arn
  definition = var.definition
  type       = "STANDARD"
  publish    = true
  tags       = var.tags

  encryption_configuration {
    type                              = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = var.kms_key_arn
    kms_data_key_reuse_period_seconds = 900
  }

  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
    level                  = "ERROR"
    include_execution_data = false
  }

  # Step Functions checks the log's destination with the role as it makes the machine.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_sfn_alias" "live" {
  name        = "live"
  description = "What executions are started by; moves with each published version."

  routing_configuration {
    state_machine_version_arn = aws_sfn_state_machine.this.state_machine_version_arn
    weight                    = 100
  }

  # An alias is a machine's: another machine has another.
  lifecycle {
    replace_triggered_by = [aws_sfn_state_machine.this.id]
  }
}
