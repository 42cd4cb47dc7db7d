output "alarm_arns" {
  description = "ARNs of the alarms: `failed`, `timed_out`, `aborted`, `throttled`. None without `alarms_enabled`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : replace(name, "-", "_") => alarm.arn }
}

output "alias_arn" {
  description = "ARN of the alias `live`: what executions are started by."
  value       = aws_sfn_alias.live.arn
}

output "arn" {
  description = "ARN of the machine, without a version."
  value       = aws_sfn_state_machine.this.arn
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "log_group_name" {
  description = "Name of the machine's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "name" {
  description = "Name of the machine."
  value       = aws_sfn_state_machine.this.name
}

# By https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html AWS checks the machine's ARN, with the alias as a
# condition. Tokens are answered by the machine's ARN, as AWS's refusals and github.com/aws/aws-cdk/pull/8486 say, which tried it;
# the Service Authorization Reference names no resource. Which of these calls need the key, the page on encryption says:
# https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
output "policy_statements" {
  description = "What an identity needs: `start` an execution by the alias, `answer_tasks` by their tokens, `describe_executions` and, with it, `decrypt`. The first two need nothing of the key."
  value = {
    answer_tasks = {
      actions    = ["states:SendTaskFailure", "states:SendTaskSuccess"]
      resources  = [aws_sfn_state_machine.this.arn]
      conditions = []
    }
    decrypt = {
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
      conditions = [
        { test = "StringEquals", variable = "kms:ViaService", values = ["states.${local.log_group.region}.${data.aws_partition.current.dns_suffix}"] },
        { test = "StringEquals", variable = "kms:EncryptionContext:aws:states:stateMachineArn", values = [local.arn] },
      ]
    }
    describe_executions = {
      actions    = ["states:DescribeExecution"]
      resources  = ["${replace(aws_sfn_state_machine.this.arn, ":stateMachine:", ":execution:")}:*"]
      conditions = []
    }
    start = {
      actions    = ["states:StartExecution"]
      resources  = [aws_sfn_state_machine.this.arn]
      conditions = [{ test = "ForAnyValue:StringEquals", variable = "states:StateMachineQualifier", values = [aws_sfn_alias.live.name] }]
    }
  }
}

output "role_arn" {
  description = "ARN of the machine's role."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the machine's role."
  value       = aws_iam_role.this.name
}

output "version_arn" {
  description = "ARN of the version that `live` points at."
  value       = aws_sfn_state_machine.this.state_machine_version_arn
}
