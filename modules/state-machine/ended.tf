# A rule's name has 64 characters at most and a machine's 80. No machine's name has a period in it, so no two rules have one
# name: what is too long is cut and told apart by its hash.
locals {
  rule_stem = length(var.name) <= 58 ? var.name : "${substr(var.name, 0, 49)}.${substr(sha1(var.name), 0, 8)}"
}

resource "aws_cloudwatch_event_rule" "ended" {
  count = var.ended == null ? 0 : 1

  name        = "${local.rule_stem}.ended"
  description = "Executions of ${var.name} that did not succeed."
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [aws_sfn_state_machine.this.arn]
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
    }
  })
}

resource "aws_cloudwatch_event_target" "ended" {
  count = var.ended == null ? 0 : 1

  rule      = aws_cloudwatch_event_rule.ended[0].name
  target_id = "function"
  arn       = var.ended.function.alias_arn

  depends_on = [aws_lambda_permission.ended]
}

resource "aws_lambda_permission" "ended" {
  count = var.ended == null ? 0 : 1

  statement_id  = "ended-${var.name}"
  action        = "lambda:InvokeFunction"
  function_name = var.ended.function.function_name
  qualifier     = var.ended.function.alias_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.ended[0].arn
}
