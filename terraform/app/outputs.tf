output "alarm_arns" {
  description = "ARNs of the alarms, by part of the system and by what they watch."
  value = {
    api                  = module.api.alarm_arns
    contributions        = module.contributions.alarm_arns
    quarantine           = { records_quarantined = aws_cloudwatch_metric_alarm.records_quarantined.arn }
    scores               = module.scores.alarm_arns
    stream               = module.stream.alarm_arns
    winner_api           = module.winner_api.alarm_arns
    winner_view          = module.winner_view.alarm_arns
    winner_view_consumer = module.winner_view_consumer.alarm_arns
  }
}

output "api_id" {
  description = "Id of the API, by which the local cloud is asked for it."
  value       = module.api.api_id
}

output "api_url" {
  description = "Address of the API, without a slash at its end."
  value       = module.api.api_endpoint
}

output "contributions_table" {
  description = "Table of who offered and who photographed each product."
  value       = module.contributions.name
}

output "environment" {
  description = "The environment that this state is."
  value       = terraform_data.environment_pin.output
}

output "functions" {
  description = "Names of the functions by logical name."
  value = {
    winner_api  = module.winner_api.function_name
    winner_view = module.winner_view.function_name
  }
}

output "quarantine_bucket" {
  description = "Bucket of what could not be applied."
  value       = module.quarantine.id
}

output "scores_table" {
  description = "Table of each contributor's score."
  value       = module.scores.name
}

output "stream_name" {
  description = "Stream of events: the log that everything is folded from."
  value       = module.stream.name
}
