# A bucket has one list of notifications, and who writes it writes all of it: this module, where there are any.
resource "aws_s3_bucket_notification" "this" {
  count = length(var.notify) > 0 ? 1 : 0

  bucket = aws_s3_bucket.this.id

  dynamic "lambda_function" {
    for_each = var.notify

    content {
      id                  = lambda_function.key
      lambda_function_arn = lambda_function.value.function.alias_arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = lambda_function.value.prefix
    }
  }

  # S3 asks the function for it before it takes the notification.
  depends_on = [aws_lambda_permission.notify]
}

# A bucket's ARN names no account, and a name that is given up may be somebody else's next:
# https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
resource "aws_lambda_permission" "notify" {
  for_each = var.notify

  statement_id   = "s3-${var.name}-${substr(sha1(each.key), 0, 8)}"
  action         = "lambda:InvokeFunction"
  function_name  = each.value.function.function_name
  qualifier      = each.value.function.alias_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.this.arn
  source_account = split(":", each.value.function.alias_arn)[4]
}
