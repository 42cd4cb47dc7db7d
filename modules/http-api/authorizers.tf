locals {
  authorizer_ids = merge(
    { for key, authorizer in aws_apigatewayv2_authorizer.this : key => authorizer.id },
    { for key, authorizer in aws_apigatewayv2_authorizer.function : key => authorizer.id },
  )

  authorization_types = {
    for key, route in var.routes : key => (
      route.authorizer == null ? "NONE" :
      route.authorizer == "AWS_IAM" ? "AWS_IAM" :
      contains(keys(var.function_authorizers), route.authorizer) ? "CUSTOM" : "JWT"
    )
  }

  # Methods and paths as IAM has them: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html.
  invoked_paths = {
    for key in keys(var.routes) : key => (
      key == "$default" ? "*" : "${replace(split(" ", key)[0], "ANY", "*")}${replace(split(" ", key)[1], "/\\{[^}]+\\}/", "*")}"
    )
  }
}

resource "aws_apigatewayv2_authorizer" "this" {
  for_each = var.authorizers

  api_id           = aws_apigatewayv2_api.this.id
  name             = each.key
  authorizer_type  = "JWT"
  identity_sources = [each.value.identity_source]

  jwt_configuration {
    issuer   = each.value.issuer
    audience = each.value.audience
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Called otherwise than a JWT's, so that a key can change its kind: names are unique in an API (aws/aws-cdk#13711), and the new
# authorizer is made before the old one goes.
resource "aws_apigatewayv2_authorizer" "function" {
  for_each = var.function_authorizers

  api_id                            = aws_apigatewayv2_api.this.id
  name                              = "function-${each.key}"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = each.value.alias_invoke_arn
  authorizer_payload_format_version = "2.0"
  authorizer_result_ttl_in_seconds  = each.value.cache_seconds
  enable_simple_responses           = true
  identity_sources                  = each.value.identity_sources

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_permission" "authorizer" {
  for_each = var.function_authorizers

  statement_id  = "${aws_apigatewayv2_api.this.id}-authorizer-${substr(sha1(each.key), 0, 8)}"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  qualifier     = each.value.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.function[each.key].id}"
}
