output "alarm_arns" {
  description = "ARNs of the alarms: `age`, `dead_letters`. None without `alarms_enabled`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : replace(name, "-", "_") => alarm.arn }
}

output "arn" {
  description = "The queue's ARN."
  value       = aws_sqs_queue.this.arn
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "dead_letters_arn" {
  description = "ARN of the queue of messages that failed too often."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letters_url" {
  description = "URL of the queue of messages that failed too often."
  value       = aws_sqs_queue.dead_letters.url
}

output "name" {
  description = "The queue's name."
  value       = aws_sqs_queue.this.name
}

output "policy_json" {
  description = "What the function's role needs for this queue, as a policy document: what the module attaches, or you do where `function.attach_policy` is false."
  value       = data.aws_iam_policy_document.this.json
}

# What starting a redrive takes of both queues:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
output "policy_statements" {
  description = "What an identity needs: `send` a message, `receive_dead_letters` to look at those that failed, and with both `redrive` to send them back. Each needs the key's `decrypt` and `encrypt` too."
  value = {
    receive_dead_letters = {
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [aws_sqs_queue.dead_letters.arn]
    }
    redrive = {
      actions   = ["sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:StartMessageMoveTask"]
      resources = [aws_sqs_queue.dead_letters.arn]
    }
    send = {
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.this.arn]
    }
  }
}

output "url" {
  description = "The queue's URL, by which messages are sent."
  value       = aws_sqs_queue.this.url
}

output "uuid" {
  description = "Id of the event source mapping."
  value       = aws_lambda_event_source_mapping.this.uuid
}

output "visibility_timeout_seconds" {
  description = "Seconds for which a message that was handed over is hidden: six times the function's timeout, and the batching window."
  value       = local.visibility_timeout_seconds
}
