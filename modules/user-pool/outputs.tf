output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: `sign_in_throttles`, `failed_sign_ins`. Empty without `alarms_enabled`."
  value = merge(
    { for alarm in aws_cloudwatch_metric_alarm.failed_sign_ins : "failed_sign_ins" => alarm.arn },
    { for alarm in aws_cloudwatch_metric_alarm.sign_in_throttles : "sign_in_throttles" => alarm.arn },
  )
}

output "arn" {
  description = "ARN of the pool."
  value       = aws_cognito_user_pool.this.arn
}

output "client_id" {
  description = "Id of the app client: what an app signs in with, and the audience of the ID tokens that it gets."
  value       = aws_cognito_user_pool_client.this.id
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "group_names" {
  description = "Names of the groups, once they exist."
  value       = sort([for group in aws_cognito_user_group.this : group.name])
}

output "id" {
  description = "Id of the pool."
  value       = aws_cognito_user_pool.this.id
}

output "issuer" {
  description = "Who the tokens say has issued them: what an authorizer checks."
  value       = "https://${aws_cognito_user_pool.this.endpoint}"
}

output "policy_statements" {
  description = "What an identity needs on the pool: `manage_users` to make, list and delete accounts, set their passwords and put them into groups."
  value = {
    manage_users = {
      actions = [
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminDeleteUser",
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser",
        "cognito-idp:AdminRemoveUserFromGroup",
        "cognito-idp:AdminSetUserPassword",
        "cognito-idp:AdminUpdateUserAttributes",
        "cognito-idp:ListUsers",
        "cognito-idp:ListUsersInGroup",
      ]
      resources = [aws_cognito_user_pool.this.arn]
    }
  }
}
