locals {
  # Whether the domain is the API's only address.
  own_domain = try(!var.domain.keep_default_endpoint, false)
}

resource "aws_apigatewayv2_domain_name" "this" {
  count = var.domain == null ? 0 : 1

  domain_name = var.domain.name
  tags        = var.tags

  domain_name_configuration {
    certificate_arn = var.domain.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }

  lifecycle {
    precondition {
      condition     = split(":", var.domain.certificate_arn)[3] == data.aws_region.current.id
      error_message = "The certificate ${var.domain.certificate_arn} is of another region: API Gateway takes one of the API's own, ${data.aws_region.current.id}. Request it there."
    }
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  count = var.domain == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.this[0].id
  stage       = aws_apigatewayv2_stage.this.id
}
