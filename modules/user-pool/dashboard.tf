data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: sign-ins"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "a minute", showUnits = false } }
        metrics = [
          ["AWS/Cognito", "SignInSuccesses", "UserPool", aws_cognito_user_pool.this.id, "UserPoolClient", aws_cognito_user_pool_client.this.id, { stat = "SampleCount", label = "attempts" }],
          ["AWS/Cognito", "SignInSuccesses", "UserPool", aws_cognito_user_pool.this.id, "UserPoolClient", aws_cognito_user_pool_client.this.id, { stat = "Sum", label = "successes" }],
          ["AWS/Cognito", "SignInThrottles", "UserPool", aws_cognito_user_pool.this.id, "UserPoolClient", aws_cognito_user_pool_client.this.id, { stat = "Sum", label = "throttled" }],
        ]
      }
    },
  ]
}
